//! A model that says that it cannot be used any more.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use cog_core::{
    Choices, Defunct, Engine, EngineConfig, HealthReport, Input, OutputStream, Phase, Predictor, Rejection,
    Request, Result, Scope, Setup, Status, anyhow, json,
};

use crate::support::soon;

#[derive(Choices, Clone, Copy)]
enum Act {
    Succeed,
    Wait,
    Fail,
    Item,
    Wrapped,
    WearOut,
    LoseWhenTold,
}

#[derive(Input)]
struct Order {
    act: Act,
}

#[derive(Default)]
struct Device {
    is_worn_out: AtomicBool,
}

/// An author's own error, with the fatal one somewhere below.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw")]
struct Drawing(#[source] Defunct);

fn lost() -> Defunct {
    Defunct::new(anyhow::anyhow!("error 719").context("the device is lost"))
}

impl Predictor for Device {
    type Input = Order;
    type Output = OutputStream<'static, u32>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self::default())
    }

    async fn predict(&self, Order { act }: Order, scope: Scope) -> Result<OutputStream<'_, u32>> {
        match act {
            Act::Succeed => {}
            Act::Wait => scope.cancellation().cancelled().await,
            Act::Fail => return Err(lost().into()),
            Act::Wrapped => return Err(anyhow::Error::new(Drawing(lost())).context("step 3")),
            Act::Item => return Ok(OutputStream::from_iter([Ok(1), Err(lost().into())])),
            Act::LoseWhenTold => {
                scope.log("at work");
                while scope.check().is_ok() {
                    std::thread::yield_now();
                }
                return Err(lost().into());
            }
            Act::WearOut => self.is_worn_out.store(true, Ordering::SeqCst),
        }
        Ok(OutputStream::from_iter([1]))
    }

    async fn healthcheck(&self) -> Result<()> {
        if self.is_worn_out.load(Ordering::SeqCst) { Err(lost().into()) } else { Ok(()) }
    }
}

async fn start() -> Engine {
    let config = EngineConfig { slots: NonZeroUsize::new(2), max_queue: 2, ..EngineConfig::default() };
    let engine = Engine::start::<Device>(config).unwrap();
    soon(engine.ready()).await.unwrap();
    engine
}

fn order(act: &str) -> Request {
    Request::new(json!({ "act": act }))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_takes_nothing_new_and_lets_the_rest_go_on() {
    for (act, reason) in [
        ("fail", "the device is lost: error 719"),
        ("item", "the device is lost: error 719"),
        ("wrapped", "step 3: cannot draw: the device is lost: error 719"),
    ] {
        let engine = start().await;
        let beside = engine.submit(order("wait")).unwrap();
        // What has not begun by then would never do so.
        soon(beside.events().next()).await;
        let fatal = soon(engine.submit(order(act)).unwrap().completed()).await;
        assert_eq!((fatal.status(), fatal.error()), (Status::Failed, Some(reason)), "{act}");
        // At once: whoever has the result of the last prediction gets no other one.
        assert_eq!(engine.phase(), Phase::Defunct(reason.into()));
        let refused = Rejection::Defunct(reason.into());
        assert_eq!(engine.submit(order("succeed")).unwrap_err(), refused);
        assert_eq!(engine.ready().await.unwrap_err(), refused);
        assert_eq!(beside.snapshot().status(), Status::Processing);
        beside.cancel();
        assert_eq!(soon(beside.completed()).await.status(), Status::Canceled);
        assert!(soon(engine.shutdown(std::time::Duration::ZERO)).await);
        assert_eq!(engine.phase(), Phase::Stopped);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_health_check_can_say_so() {
    let engine = start().await;
    soon(engine.submit(order("wear_out")).unwrap().wait()).await;
    assert_eq!(engine.phase(), Phase::Ready);
    let report = HealthReport::Unhealthy("Healthcheck failed: the device is lost: error 719".to_owned());
    assert_eq!(soon(engine.healthcheck()).await, report);
    assert_eq!(engine.phase(), Phase::Defunct("the device is lost: error 719".into()));
}

/// Those that wait end before the slot is free, on which they would have run.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_fails_and_never_runs() {
    let engine = start().await;
    let fatal = engine.submit(order("lose_when_told")).unwrap();
    let beside = engine.submit(order("wait")).unwrap();
    let waiting = [(); 2].map(|()| engine.submit(order("succeed")).unwrap());
    // Both have begun, and the code of the one is at work: told before, it would not be called.
    soon(fatal.events_from(1).next()).await;
    soon(beside.events().next()).await;
    fatal.cancel();
    soon(fatal.wait()).await;
    for prediction in waiting {
        let ended = prediction.snapshot();
        let error = "the model cannot be used any more, and has not seen this prediction";
        assert_eq!((ended.status(), ended.error()), (Status::Failed, Some(error)));
        assert_eq!(ended.started_at(), None);
    }
    assert_eq!(beside.snapshot().status(), Status::Processing);
    beside.cancel();
    assert_eq!(soon(beside.completed()).await.status(), Status::Canceled);
}

/// A failure that is not fatal is no end.
#[tokio::test(flavor = "multi_thread")]
async fn other_failures_are_survived() {
    let (engine, _stage) = crate::support::start(1).await;
    for act in ["fail", "panic"] {
        soon(engine.submit(order(act)).unwrap().wait()).await;
    }
    assert_eq!(engine.phase(), Phase::Ready);
}
