//! Predictions that are computed together: each ends by itself, whatever becomes of its neighbours.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use cog_core::{
    BatchItem, BatchLimits, BatchPredictor, Batched, Choices, ConcatenateStream, Defunct, Engine,
    EngineConfig, Event, Input, Oversized, Phase, PredictionHandle, Request, Result, Setup, Status, anyhow,
    json,
};
use proptest::prelude::*;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::support::soon;

/// What the model does with one item.
#[derive(Choices, Clone, Copy, Debug, PartialEq)]
enum Act {
    Echo,
    Fail,
    /// Lets go of it without a result.
    Drop,
    /// Panics before any item of the batch has a result.
    PanicFirst,
    /// Panics when the others have theirs.
    PanicLast,
    /// Fails the whole batch when the others have their results.
    FailBatch,
    /// Says that nothing will ever work again.
    Defunct,
}

#[derive(Input)]
struct Order {
    #[input(default = "echo")]
    act: Act,
    #[input(default = "")]
    text: String,
    #[input(default = 1)]
    cost: u64,
}

/// What a test and its model share.
struct Stage {
    limits: BatchLimits,
    /// The texts and the cost of each batch.
    batches: Mutex<Vec<(Vec<String>, u64)>>,
    computing: AtomicUsize,
    /// Told each time a batch begins.
    begun: Notify,
    /// How many batches may go on, if they are to wait.
    gate: Option<Mutex<mpsc::Receiver<()>>>,
    /// Whether items that are canceled are let go of while the batch waits.
    looks_after_cancels: bool,
}

static STAGES: Mutex<Vec<(String, Arc<Stage>)>> = Mutex::new(Vec::new());

struct Echo(Arc<Stage>);

impl BatchPredictor for Echo {
    type Input = Order;
    type Output = String;

    async fn setup(setup: &Setup) -> Result<Self> {
        let name = setup.weights().map(ToString::to_string).unwrap_or_default();
        let stages = STAGES.lock().unwrap();
        let (_, stage) = stages.iter().find(|(stage, _)| *stage == name).unwrap();
        Ok(Self(Arc::clone(stage)))
    }

    fn limits(&self) -> BatchLimits {
        self.0.limits
    }

    fn cost(&self, order: &Order) -> u64 {
        order.cost
    }

    async fn predict_batch(&self, mut batch: Vec<BatchItem<Self>>) -> Result<()> {
        assert_eq!(self.0.computing.fetch_add(1, Ordering::SeqCst), 0, "one batch at a time");
        let _computing = Computing(&self.0.computing);
        let texts = batch.iter().map(|item| item.input.text.clone()).collect();
        let cost = batch.iter().map(|item| item.input.cost).sum();
        self.0.batches.lock().unwrap().push((texts, cost));
        self.0.begun.notify_one();
        if let Some(gate) = &self.0.gate {
            let gate = gate.lock().unwrap();
            while let Err(mpsc::TryRecvError::Empty) = gate.try_recv() {
                if self.0.looks_after_cancels {
                    batch.retain(|item| !item.reply.is_canceled());
                }
                std::thread::yield_now();
            }
        }
        let acts: Vec<_> = batch.iter().map(|item| item.input.act).collect();
        assert!(!acts.contains(&Act::PanicFirst), "boom");
        let mut left = Vec::new();
        for BatchItem { input, reply } in batch {
            match input.act {
                Act::Echo => {
                    reply.scope().log(&input.text);
                    reply.finish(input.text);
                }
                Act::Fail => reply.fail(anyhow::anyhow!("root cause").context("outer reason")),
                Act::Drop => drop(reply),
                _ => left.push(reply),
            }
        }
        assert!(!acts.contains(&Act::PanicLast), "boom");
        if acts.contains(&Act::Defunct) {
            return Err(Defunct::new(anyhow::anyhow!("the device is gone")).into());
        }
        anyhow::ensure!(!acts.contains(&Act::FailBatch), "the batch is bad");
        Ok(())
    }
}

struct Computing<'a>(&'a AtomicUsize);

impl Drop for Computing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// So long that a test would end before; what comes together is decided by the other limits.
const FOR_EVER: Duration = Duration::from_secs(600);

fn limits(max_items: usize) -> BatchLimits {
    BatchLimits { max_items, max_wait: FOR_EVER, ..BatchLimits::default() }
}

fn stage(limits: BatchLimits) -> Stage {
    Stage {
        limits,
        batches: Mutex::default(),
        computing: AtomicUsize::new(0),
        begun: Notify::new(),
        gate: None,
        looks_after_cancels: false,
    }
}

async fn start(stage: Stage) -> (Engine, Arc<Stage>) {
    let stage = Arc::new(stage);
    let name = format!("batch-{:p}", Arc::as_ptr(&stage));
    STAGES.lock().unwrap().push((name.clone(), Arc::clone(&stage)));
    let config = EngineConfig {
        slots: NonZeroUsize::new(16),
        weights: Some(name.parse().unwrap()),
        ..EngineConfig::default()
    };
    let engine = Engine::start::<Batched<Echo>>(config).unwrap();
    engine.ready().await.unwrap();
    (engine, stage)
}

fn ask(engine: &Engine, act: &str, text: &str) -> PredictionHandle {
    engine.submit(Request::new(json!({ "act": act, "text": text }))).unwrap()
}

/// How a prediction ended: its output, or its error.
async fn end(prediction: &PredictionHandle) -> Result<String, String> {
    let ended = soon(prediction.completed()).await;
    match ended.status() {
        Status::Succeeded => Ok(ended.output_json().unwrap().trim_matches('"').to_owned()),
        Status::Canceled => Err("canceled".to_owned()),
        _ => Err(ended.error().unwrap().to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_together_is_computed_together_and_each_gets_its_own() {
    let (engine, stage) = start(stage(limits(4))).await;
    let predictions: Vec<_> = (0..8).map(|number| ask(&engine, "echo", &number.to_string())).collect();
    for (number, prediction) in predictions.iter().enumerate() {
        assert_eq!(end(prediction).await, Ok(number.to_string()));
        let ended = prediction.snapshot();
        assert_eq!(ended.logs(), format!("{number}\n"));
        let metrics = serde_json::to_value(ended.metrics()).unwrap();
        assert_eq!(metrics["batch"]["size"], 4, "{metrics}");
        assert!(metrics["batch"]["wait"].as_f64().is_some_and(|wait| wait >= 0.), "{metrics}");
    }
    let batches = stage.batches.lock().unwrap();
    assert_eq!(batches.len(), 2);
    assert!(batches.iter().all(|(texts, _)| texts.len() == 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_comes_alone_waits_for_no_longer_than_it_has_to() {
    let (engine, stage) =
        start(stage(BatchLimits { max_wait: Duration::from_millis(1), ..BatchLimits::default() })).await;
    assert_eq!(end(&ask(&engine, "echo", "one")).await, Ok("one".to_owned()));
    assert_eq!(*stage.batches.lock().unwrap(), [(vec!["one".to_owned()], 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_item_has_an_end_of_its_own() {
    let unanswered = "the model made nothing of this item of its batch";
    for (act, error) in [
        ("fail", "outer reason: root cause"),
        ("drop", unanswered),
        ("panic_last", "the model panicked: boom"),
        ("fail_batch", "the batch is bad"),
    ] {
        let (engine, _stage) = start(stage(limits(3))).await;
        let predictions = [ask(&engine, "echo", "a"), ask(&engine, act, ""), ask(&engine, "echo", "b")];
        assert_eq!(end(&predictions[0]).await, Ok("a".to_owned()), "{act}");
        assert_eq!(end(&predictions[1]).await, Err(error.to_owned()), "{act}");
        assert_eq!(end(&predictions[2]).await, Ok("b".to_owned()), "{act}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_its_batch_and_no_other() {
    let (engine, _stage) = start(stage(limits(2))).await;
    for _ in 0..3 {
        let predictions = [ask(&engine, "panic_first", ""), ask(&engine, "echo", "")];
        for prediction in &predictions {
            assert_eq!(end(prediction).await, Err("the model panicked: boom".to_owned()));
        }
        let predictions = [ask(&engine, "echo", "a"), ask(&engine, "echo", "b")];
        assert_eq!(end(&predictions[0]).await, Ok("a".to_owned()));
        assert_eq!(end(&predictions[1]).await, Ok("b".to_owned()));
    }
    assert_eq!(engine.free_slots(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_defunct_says_so_with_a_batch_as_well() {
    let (engine, _stage) = start(stage(limits(2))).await;
    let predictions = [ask(&engine, "defunct", ""), ask(&engine, "defunct", "")];
    for prediction in &predictions {
        assert_eq!(end(prediction).await, Err("the device is gone".to_owned()));
    }
    assert_eq!(engine.phase(), Phase::Defunct("the device is gone".into()));
}

/// A stage whose batches wait until the sender says so.
fn gated(limits: BatchLimits) -> (Stage, mpsc::Sender<()>) {
    let (sender, receiver) = mpsc::channel();
    (Stage { gate: Some(Mutex::new(receiver)), ..stage(limits) }, sender)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_canceled_in_the_line_is_never_seen() {
    let (stage, gate) = gated(limits(2));
    let (engine, stage) = start(stage).await;
    let first = [ask(&engine, "echo", "a"), ask(&engine, "echo", "b")];
    soon(stage.begun.notified()).await;
    let canceled = ask(&engine, "echo", "canceled");
    // Begun on its slot, it has yet to get in line, or is in it: neither must make a difference.
    assert!(canceled.cancel());
    assert_eq!(end(&canceled).await, Err("canceled".to_owned()));
    let second = [ask(&engine, "echo", "c"), ask(&engine, "echo", "d")];
    gate.send(()).unwrap();
    gate.send(()).unwrap();
    for prediction in first.iter().chain(&second) {
        assert!(end(prediction).await.is_ok());
    }
    let seen: Vec<_> = stage.batches.lock().unwrap().iter().flat_map(|(texts, _)| texts.clone()).collect();
    assert!(!seen.contains(&"canceled".to_owned()), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_in_the_line_of_a_batch_keeps_an_item_from_the_model() {
    let (stage, gate) = gated(limits(2));
    let (engine, stage) = start(stage).await;
    let first = [ask(&engine, "echo", "a"), ask(&engine, "echo", "b")];
    soon(stage.begun.notified()).await;
    let late = Request::new(json!({ "act": "echo", "text": "late" }));
    let late = Request { deadline: Some(Duration::from_millis(20)), ..late };
    assert_eq!(end(&engine.submit(late).unwrap()).await, Err("canceled".to_owned()));
    gate.send(()).unwrap();
    for prediction in &first {
        assert!(end(prediction).await.is_ok());
    }
    let seen: Vec<_> = stage.batches.lock().unwrap().iter().flat_map(|(texts, _)| texts.clone()).collect();
    assert!(!seen.contains(&"late".to_owned()), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_canceled_in_a_batch_ends_when_the_model_lets_go_of_it() {
    for looks_after_cancels in [true, false] {
        let (stage, gate) = gated(limits(2));
        let (engine, stage) = start(Stage { looks_after_cancels, ..stage }).await;
        let [canceled, neighbour] = [ask(&engine, "echo", "canceled"), ask(&engine, "echo", "neighbour")];
        soon(stage.begun.notified()).await;
        canceled.cancel();
        if looks_after_cancels {
            assert_eq!(end(&canceled).await, Err("canceled".to_owned()));
            assert_eq!(engine.free_slots(), 15);
        } else {
            assert_eq!(engine.free_slots(), 14, "its slot is taken for as long as the model has it");
        }
        assert!(!neighbour.snapshot().status().is_terminal());
        gate.send(()).unwrap();
        assert_eq!(end(&neighbour).await, Ok("neighbour".to_owned()));
        assert_eq!(end(&canceled).await, Err("canceled".to_owned()));
        assert_eq!(engine.free_slots(), 16);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_costs_too_much_is_alone_or_refused_as_the_author_says() {
    for oversized in [Oversized::RunAlone, Oversized::Refuse] {
        let limits =
            BatchLimits { max_cost: 10, oversized, max_wait: Duration::ZERO, ..BatchLimits::default() };
        let (engine, stage) = start(stage(limits)).await;
        let ask = |cost: u64| engine.submit(Request::new(json!({ "text": "x", "cost": cost }))).unwrap();
        let (large, small) = (ask(11), ask(10));
        assert_eq!(end(&small).await, Ok("x".to_owned()));
        match oversized {
            Oversized::RunAlone => assert_eq!(end(&large).await, Ok("x".to_owned())),
            Oversized::Refuse => {
                let told = "the input costs 11, and 10 is the most that this model takes; send a smaller one";
                assert_eq!(end(&large).await, Err(told.to_owned()));
            }
        }
        assert!(stage.batches.lock().unwrap().iter().all(|(texts, _)| texts.len() == 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_ends_those_who_wait() {
    let (engine, stage) = start(stage(limits(4))).await;
    let waiting = ask(&engine, "echo", "a");
    soon(engine.shutdown(Duration::ZERO)).await;
    assert_eq!(end(&waiting).await, Err("canceled".to_owned()));
    assert!(stage.batches.lock().unwrap().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is asked and canceled in whatever order: every prediction ends once and as it should, batches keep within their limits,
    /// and in the end every slot is free.
    #[test]
    fn every_item_ends_as_it_should(
        max_items in 1_usize..5,
        max_cost in 1_u64..12,
        orders in proptest::collection::vec((0_usize..4, 1_u64..6, any::<bool>()), 1..16),
    ) {
        Runtime::new().unwrap().block_on(async move {
            let max_wait = Duration::from_micros(200);
            let limits = BatchLimits { max_items, max_cost, max_wait, ..BatchLimits::default() };
            let (engine, stage) = start(stage(limits)).await;
            let acts = ["echo", "echo", "fail", "drop"];
            let mut asked = Vec::new();
            for (number, (act, cost, is_canceled)) in orders.into_iter().enumerate() {
                let input = json!({ "act": acts[act], "text": number.to_string(), "cost": cost });
                let prediction = engine.submit(Request::new(input)).unwrap();
                let is_canceled = is_canceled && prediction.cancel();
                asked.push((acts[act], number.to_string(), is_canceled, prediction));
            }
            for (act, text, is_canceled, prediction) in asked {
                let expected = match act {
                    _ if is_canceled => Err("canceled".to_owned()),
                    "echo" => Ok(text),
                    "fail" => Err("outer reason: root cause".to_owned()),
                    _ => Err("the model made nothing of this item of its batch".to_owned()),
                };
                assert_eq!(end(&prediction).await, expected);
            }
            assert_eq!(engine.free_slots(), 16);
            for (texts, cost) in stage.batches.lock().unwrap().iter() {
                assert!(texts.len() == 1 || (texts.len() <= max_items && *cost <= max_cost), "{texts:?} {cost}");
            }
        });
    }
}

/// Says the letters of each text, one of each at a time.
struct Letters;

#[derive(Input)]
struct Text {
    text: String,
}

impl BatchPredictor for Letters {
    type Input = Text;
    type Output = ConcatenateStream<'static>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    fn limits(&self) -> BatchLimits {
        limits(3)
    }

    async fn predict_batch(&self, batch: Vec<BatchItem<Self>>) -> Result<()> {
        let mut lines: Vec<_> =
            batch.iter().map(|item| item.input.text.chars().collect::<Vec<_>>().into_iter()).collect();
        let mut replies: Vec<_> = batch.into_iter().map(|item| Some(item.reply)).collect();
        while replies.iter().any(Option::is_some) {
            for (line, reply) in lines.iter_mut().zip(&mut replies) {
                match line.next() {
                    Some('!') => reply.take().unwrap().fail(anyhow::anyhow!("not that")),
                    Some(letter) => reply.iter().for_each(|reply| reply.send(letter.to_string())),
                    None => {
                        if let Some(reply) = reply.take() {
                            reply.end();
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_can_be_streams_that_end_at_different_times() {
    let engine = Engine::start::<Batched<Letters>>(EngineConfig::default()).unwrap();
    engine.ready().await.unwrap();
    let ask = |text: &str| engine.submit(Request::new(json!({ "text": text }))).unwrap();
    let (short, long, broken) = (ask("ab"), ask("abcdef"), ask("ab!c"));
    let mut events = long.events();
    let mut letters = Vec::new();
    while let Some(event) = soon(events.next()).await {
        if let (_, Event::Output { index, .. }) = event.unwrap() {
            letters.push(index);
        }
    }
    assert_eq!(letters, [0, 1, 2, 3, 4, 5]);
    assert_eq!(soon(short.completed()).await.output_json().as_deref(), Some(r#"["a","b"]"#));
    let broken = soon(broken.completed()).await;
    assert_eq!((broken.status(), broken.error()), (Status::Failed, Some("not that")));
    assert_eq!(broken.output_json().as_deref(), Some(r#"["a","b"]"#));
}
