//! A predictor that does what it is told, and engines to run it.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cog_core::{
    Choices, ConcatenateStream, Engine, EngineConfig, Input, Predictor, Request, Result, Scope, Setup,
    anyhow, json,
};
use tokio::sync::{Notify, Semaphore};

/// What a test tells the predictor to do.
#[derive(Choices, Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Return,
    Fail,
    Panic,
    /// Awaits the gate.
    Await,
    /// Blocks on the gate, asking for cancellation now and then.
    Block,
    /// Blocks on the gate and does not care.
    Ignore,
    /// Panics when its future is dropped.
    PanicInDrop,
    /// Panics with a value that panics when dropped.
    PanicTwice,
    /// Fails with an error that panics when it is written.
    FailUnspeakably,
    /// Yields `count` texts without ever waiting.
    Flood,
}

#[derive(Input)]
pub(crate) struct Order {
    #[input(default = "return")]
    act: Act,
    #[input(default = 1)]
    count: u32,
}

/// What the test and the predictor share. Handed over by name: setup has no other way in.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) running: AtomicUsize,
    pub(crate) most: AtomicUsize,
    pub(crate) entered: AtomicUsize,
    pub(crate) cleaned_up: AtomicUsize,
    /// Told each time author code begins.
    pub(crate) begun: Notify,
    pub(crate) gate: Gate,
}

/// Something to wait for, awaited or blocked on.
#[derive(Debug)]
pub(crate) struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Gate {
    pub(crate) fn open(&self) {
        self.0.close();
    }

    fn is_open(&self) -> bool {
        self.0.is_closed()
    }

    async fn wait(&self) {
        let _ = self.0.acquire().await;
    }
}

/// Counts author code that is inside `predict`, on every way out.
struct Inside(Arc<Stage>);

impl Inside {
    fn new(stage: &Arc<Stage>) -> Self {
        let running = stage.running.fetch_add(1, Ordering::SeqCst) + 1;
        stage.most.fetch_max(running, Ordering::SeqCst);
        stage.entered.fetch_add(1, Ordering::SeqCst);
        stage.begun.notify_one();
        Self(Arc::clone(stage))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.cleaned_up.fetch_add(1, Ordering::SeqCst);
    }
}

struct DropBomb;

impl Drop for DropBomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("boom in drop");
        }
    }
}

struct PayloadBomb;

impl Drop for PayloadBomb {
    fn drop(&mut self) {
        panic!("boom in payload");
    }
}

/// A text that panics when it is written.
#[derive(Debug)]
pub(crate) struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("boom in text");
    }
}

pub(crate) struct Actor(Arc<Stage>);

static STAGES: Mutex<Vec<(String, Arc<Stage>)>> = Mutex::new(Vec::new());

impl Predictor for Actor {
    type Input = Order;
    type Output = ConcatenateStream<'static>;

    async fn setup(setup: &Setup) -> Result<Self> {
        let name = setup.weights().map(ToString::to_string).unwrap_or_default();
        let stages = STAGES.lock().unwrap();
        let (_, stage) = stages.iter().find(|(stage, _)| *stage == name).unwrap();
        Ok(Self(Arc::clone(stage)))
    }

    async fn predict(&self, order: Order, scope: Scope) -> Result<ConcatenateStream<'_>> {
        let inside = Inside::new(&self.0);
        match order.act {
            Act::Return => {}
            Act::Fail => return Err(anyhow::anyhow!("root cause").context("outer reason")),
            Act::FailUnspeakably => return Err(anyhow::Error::msg(Unspeakable)),
            Act::Panic => panic!("boom"),
            Act::PanicTwice => std::panic::panic_any(PayloadBomb),
            Act::Await => self.0.gate.wait().await,
            Act::PanicInDrop => {
                let _bomb = DropBomb;
                self.0.gate.wait().await;
            }
            Act::Block => {
                while !self.0.gate.is_open() {
                    scope.check()?;
                    std::thread::yield_now();
                }
            }
            Act::Ignore => {
                while !self.0.gate.is_open() {
                    std::thread::yield_now();
                }
            }
            Act::Flood => {}
        }
        Ok(ConcatenateStream::from_iter((0..order.count).map(move |number| {
            let _inside = &inside;
            format!("{number} ")
        })))
    }
}

/// Starts an engine with a stage of its own and waits until it is ready.
pub(crate) async fn start(slots: usize) -> (Engine, Arc<Stage>) {
    start_with(EngineConfig { slots: NonZeroUsize::new(slots), ..EngineConfig::default() }).await
}

/// The same with these settings; the weights are ours.
pub(crate) async fn start_with(config: EngineConfig) -> (Engine, Arc<Stage>) {
    let stage = Arc::new(Stage::default());
    let name = format!("stage-{:p}", Arc::as_ptr(&stage));
    STAGES.lock().unwrap().push((name.clone(), Arc::clone(&stage)));
    let config = EngineConfig { weights: Some(name.parse().unwrap()), ..config };
    let engine = Engine::start::<Actor>(config).unwrap();
    engine.ready().await.unwrap();
    (engine, stage)
}

pub(crate) fn order(act: &str) -> Request {
    Request::new(json!({ "act": act }))
}

/// Fails the test if `future` does not end; no test should ever get here.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("took longer than a minute")
}
