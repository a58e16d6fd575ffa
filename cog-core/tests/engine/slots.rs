//! Invariant 1: never more than slots, and a slot is free when its code has returned.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};

use cog_core::{EngineConfig, OutputCapture, Rejection, Request, Scope, Status};

use crate::support::{order, soon, start, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn full_means_refused_and_a_reply_means_free() {
    let (engine, stage) = start(2).await;
    let first = engine.submit(order("await")).unwrap();
    let second = engine.submit(order("block")).unwrap();
    assert_eq!(engine.free_slots(), 0);
    assert_eq!(engine.submit(order("return")).unwrap_err(), Rejection::AtCapacity { slots: 2 });
    stage.gate.open();
    assert_eq!(soon(first.completed()).await.status(), Status::Succeeded);
    assert_eq!(soon(second.completed()).await.status(), Status::Succeeded);
    assert_eq!(engine.free_slots(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_refused_leaves_what_had_its_name() {
    let (engine, stage) = start(1).await;
    let named = |id: &str, act| Request { id: id.parse().ok(), is_kept: true, ..order(act) };
    soon(engine.submit(named("a", "return")).unwrap().wait()).await;
    let running = engine.submit(named("b", "await")).unwrap();
    assert_eq!(engine.submit(named("a", "return")).unwrap_err(), Rejection::AtCapacity { slots: 1 });
    let found = engine.find(&"a".parse().unwrap()).map(|prediction| prediction.snapshot().status());
    assert_eq!(found, Some(Status::Succeeded));
    stage.gate.open();
    soon(running.wait()).await;
}

/// The next request is sent in the very moment in which the reply to the last one is known.
#[tokio::test(flavor = "multi_thread")]
async fn back_to_back_requests_are_never_refused() {
    let (engine, _stage) = start(1).await;
    for act in ["return", "fail", "panic", "flood"].repeat(500) {
        let prediction = engine.submit(order(act)).unwrap();
        soon(prediction.wait()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canceled_prediction_keeps_its_slot_until_its_code_returns() {
    let (engine, stage) = start(1).await;
    let prediction = engine.submit(order("ignore")).unwrap();
    stage.begun.notified().await;
    assert!(prediction.cancel());
    assert_eq!(engine.submit(order("return")).unwrap_err(), Rejection::AtCapacity { slots: 1 });
    assert_eq!(prediction.snapshot().status(), Status::Processing);
    stage.gate.open();
    assert_eq!(soon(prediction.completed()).await.status(), Status::Canceled);
    soon(engine.submit(order("return")).unwrap().wait()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_any_kind_costs_one_prediction_and_no_slot() {
    let (engine, stage) = start(1).await;
    for act in ["panic", "panic_twice", "fail_unspeakably"] {
        let prediction = soon(engine.submit(order(act)).unwrap().completed()).await;
        assert_eq!(prediction.status(), Status::Failed);
        assert!(prediction.error().unwrap().starts_with("the model panicked: "), "{:?}", prediction.error());
    }
    let prediction = engine.submit(order("panic_in_drop")).unwrap();
    stage.begun.notified().await;
    prediction.cancel();
    assert_eq!(soon(prediction.completed()).await.status(), Status::Canceled);
    assert_eq!(soon(engine.submit(order("return")).unwrap().completed()).await.status(), Status::Succeeded);
}

/// Whoever captures what is printed is no author code, and its panic is nobody's fault but its own; the order is the same all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_panics_fails_predictions_and_costs_no_slot() {
    struct Unfit;

    impl OutputCapture for Unfit {
        fn begin(&self, _: &Scope) {}

        fn end(&self, scope: &Scope) {
            assert!(scope.id().is_none(), "no prediction can be captured");
        }

        fn share(&self) {}
    }

    let output_capture = Some(Arc::new(Unfit) as Arc<dyn OutputCapture>);
    let slots = NonZeroUsize::new(1);
    let (engine, _stage) =
        start_with(EngineConfig { slots, output_capture, ..EngineConfig::default() }).await;
    for _ in 0..500 {
        let prediction = engine.submit(order("return")).unwrap();
        assert_eq!(soon(prediction.completed()).await.status(), Status::Failed);
    }
}

/// Blocking code on every slot keeps the runtime free, even one with a single thread.
#[tokio::test]
async fn blocked_slots_do_not_block_the_runtime() {
    let (engine, stage) = start(4).await;
    let predictions: Vec<_> = (0..4).map(|_| engine.submit(order("ignore")).unwrap()).collect();
    while stage.running.load(Ordering::SeqCst) < 4 {
        tokio::task::yield_now().await;
    }
    let (sender, receiver) = mpsc::channel();
    soon(tokio::spawn(async move { sender.send(()) })).await.unwrap().unwrap();
    receiver.recv().unwrap();
    assert_eq!(engine.healthcheck().await, cog_core::HealthReport::Healthy);
    stage.gate.open();
    for prediction in predictions {
        soon(prediction.wait()).await;
    }
    assert_eq!(stage.most.load(Ordering::SeqCst), 4);
}
