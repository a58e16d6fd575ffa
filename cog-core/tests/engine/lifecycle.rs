//! Setup, health and the end.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cog_core::{
    Engine, EngineConfig, HealthReport, Input, Phase, Predictor, Rejection, Request, Result, Scope, Setup,
    SetupStatus, Status, anyhow, current_scope, json,
};

use crate::support::{Unspeakable, order, soon, start};

#[derive(Input)]
struct Nothing {}

/// Its setup does what the weights say.
struct Starter {
    is_healthy: AtomicBool,
}

impl Predictor for Starter {
    type Input = Nothing;
    type Output = String;

    async fn setup(setup: &Setup) -> Result<Self> {
        current_scope().log("loading");
        match setup.weights().map(ToString::to_string).unwrap_or_default().as_str() {
            "fail" => Err(anyhow::anyhow!("no such file").context("cannot load weights")),
            "unspeakable" => Err(anyhow::Error::msg(Unspeakable)),
            "panic" => panic!("boom"),
            "hang" => std::future::pending().await,
            "ignore" => loop {
                std::thread::park();
            },
            _ => Ok(Self { is_healthy: AtomicBool::new(true) }),
        }
    }

    async fn predict(&self, _: Nothing, _: Scope) -> Result<String> {
        self.is_healthy.store(false, Ordering::SeqCst);
        Ok("done".to_owned())
    }

    async fn healthcheck(&self) -> Result<()> {
        if self.is_healthy.load(Ordering::SeqCst) { Ok(()) } else { Err(anyhow::anyhow!("worn out")) }
    }
}

fn engine(weights: &str, setup_timeout: Option<Duration>) -> Engine {
    let weights = Some(weights.parse().unwrap());
    Engine::start::<Starter>(EngineConfig { weights, setup_timeout, ..EngineConfig::default() }).unwrap()
}

/// Waits for the first line of setup, which can be read while it runs.
async fn loading(engine: &Engine) {
    while !is_loading(engine) {
        tokio::task::yield_now().await;
    }
}

fn is_loading(engine: &Engine) -> bool {
    engine.setup().logs.starts_with("loading\n")
}

/// Starts a setup that ignores its cancel and has begun; another one if the time of one was over before it could.
async fn ignoring(timeout: Option<Duration>) -> Engine {
    loop {
        let engine = engine("ignore", timeout);
        while !is_loading(&engine) && engine.phase() == Phase::Starting {
            tokio::task::yield_now().await;
        }
        if is_loading(&engine) {
            return engine;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_that_succeeds_is_recorded() {
    let engine = engine("fine", Some(Duration::from_secs(3600)));
    soon(engine.ready()).await.unwrap();
    let setup = engine.setup();
    assert_eq!((setup.status, setup.logs.as_str()), (SetupStatus::Succeeded, "loading\n"));
    assert!(setup.completed_at.unwrap() >= setup.started_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_that_fails_says_why_and_refuses_requests() {
    for (weights, timeout, reason) in [
        ("fail", None, "cannot load weights: no such file"),
        ("panic", None, "setup panicked: boom"),
        ("unspeakable", None, "setup panicked: boom in text"),
        ("hang", Some(Duration::from_millis(10)), "setup timed out after 10ms"),
    ] {
        let engine = engine(weights, timeout);
        let failed = Rejection::SetupFailed(reason.into());
        assert_eq!(soon(engine.ready()).await.unwrap_err(), failed);
        assert_eq!(engine.submit(Request::default()).unwrap_err(), failed);
        assert_eq!(engine.phase(), Phase::SetupFailed(reason.into()));
        assert!(soon(engine.shutdown(Duration::from_secs(1))).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_slots_than_can_be_are_a_setup_that_fails() {
    let config = EngineConfig { slots: Some(NonZeroUsize::MAX), ..EngineConfig::default() };
    let engine = Engine::start::<Starter>(config).unwrap();
    let reason = format!("cannot start {} slots; ask for fewer: out of memory", usize::MAX);
    assert_eq!(soon(engine.ready()).await.unwrap_err(), Rejection::SetupFailed(reason.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_refused_while_setting_up_and_a_hanging_setup_can_be_stopped() {
    let engine = engine("hang", None);
    soon(loading(&engine)).await;
    assert_eq!(engine.setup().status, SetupStatus::Starting);
    assert_eq!(engine.submit(Request::default()).unwrap_err(), Rejection::Starting);
    assert_eq!(engine.healthcheck().await, HealthReport::Healthy);
    assert!(soon(engine.shutdown(Duration::ZERO)).await);
    assert_eq!(engine.ready().await.unwrap_err(), Rejection::Stopped);
    assert_eq!(engine.setup().status, SetupStatus::Failed);
}

/// Neither before nor after its time is over: it is left behind, and nothing is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_setup_that_ignores_its_cancel_keeps_nothing_from_ending() {
    for timeout in [None, Some(Duration::from_secs(3600)), Some(Duration::from_millis(10))] {
        let engine = soon(ignoring(timeout)).await;
        if timeout == Some(Duration::from_millis(10)) {
            let failed = Rejection::SetupFailed("setup timed out after 10ms".into());
            assert_eq!(soon(engine.ready()).await.unwrap_err(), failed);
        }
        assert!(!soon(engine.shutdown(Duration::from_secs(3600))).await);
        assert_eq!(engine.phase(), Phase::Stopped);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_predictor_is_asked_for_its_health() {
    let engine = engine("fine", None);
    soon(engine.ready()).await.unwrap();
    assert_eq!(engine.healthcheck().await, HealthReport::Healthy);
    soon(engine.submit(Request::default()).unwrap().wait()).await;
    assert_eq!(
        engine.healthcheck().await,
        HealthReport::Unhealthy("Healthcheck failed: worn out".to_owned())
    );
    soon(engine.submit(Request::default()).expect("it may still be used").wait()).await;
}

/// Counts its runs and hangs in the first until told to go on.
struct SlowToSay {
    runs: AtomicUsize,
}

impl Predictor for SlowToSay {
    type Input = Nothing;
    type Output = u64;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self { runs: AtomicUsize::new(0) })
    }

    async fn predict(&self, _: Nothing, _: Scope) -> Result<u64> {
        Ok(self.runs.load(Ordering::SeqCst) as u64)
    }

    async fn healthcheck(&self) -> Result<()> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_that_hangs_is_asked_once_and_not_waited_for() {
    let healthcheck_timeout = Duration::from_millis(20);
    let config = EngineConfig { healthcheck_timeout, ..EngineConfig::default() };
    let engine = Engine::start::<SlowToSay>(config).unwrap();
    soon(engine.ready()).await.unwrap();
    let late = "Healthcheck failed: user-defined healthcheck timed out after 0.0 seconds";
    let (one, two) = tokio::join!(engine.healthcheck(), engine.healthcheck());
    assert_eq!(
        (one, two),
        (HealthReport::Unhealthy(late.to_owned()), HealthReport::Unhealthy(late.to_owned()))
    );
    let prediction = soon(engine.submit(Request::default()).unwrap().completed()).await;
    assert_eq!(prediction.output_json().as_deref(), Some("1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_running_work_finish_within_the_grace() {
    let (engine, stage) = start(1).await;
    let prediction = engine.submit(order("await")).unwrap();
    stage.begun.notified().await;
    let stopping = tokio::spawn({
        let engine = engine.clone();
        async move { engine.shutdown(Duration::from_secs(3600)).await }
    });
    while engine.phase() != Phase::Stopped {
        tokio::task::yield_now().await;
    }
    assert_eq!(engine.submit(order("return")).unwrap_err(), Rejection::Stopped);
    stage.gate.open();
    assert!(soon(stopping).await.unwrap());
    assert_eq!(prediction.snapshot().status(), Status::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_does_not_wait_for_code_that_ignores_it() {
    let (engine, stage) = start(1).await;
    let prediction = engine.submit(order("ignore")).unwrap();
    stage.begun.notified().await;
    assert!(!soon(engine.shutdown(Duration::ZERO)).await);
    stage.gate.open();
    assert_eq!(soon(prediction.completed()).await.status(), Status::Canceled);
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_engine_cancels_what_runs_and_frees_the_predictor() {
    let (engine, stage) = start(2).await;
    let prediction = engine.submit(order("await")).unwrap();
    stage.begun.notified().await;
    drop(engine);
    assert_eq!(soon(prediction.completed()).await.status(), Status::Canceled);
    soon(async {
        // The registry of stages and this test hold one each.
        while Arc::strong_count(&stage) > 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[derive(Input)]
struct Inconsistent {
    #[input(default = json!(["a", 5]))]
    #[expect(dead_code, reason = "it is never decoded")]
    texts: Vec<String>,
}

struct NeverStarted;

impl Predictor for NeverStarted {
    type Input = Inconsistent;
    type Output = String;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, _: Inconsistent, _: Scope) -> Result<String> {
        Ok(String::new())
    }
}

#[tokio::test]
async fn a_default_that_its_own_schema_refuses_is_found_at_the_start() {
    let error = Engine::start::<NeverStarted>(EngineConfig::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the default of input `texts` breaks its own rules: 1: 5 is not of type \"string\""
    );
}
