//! Cancellation: before the start, at an await, in blocking code, in a stream, after the end.

use std::sync::atomic::Ordering;
use std::time::Duration;

use cog_core::{EngineConfig, Event, Rejection, Request, Status, json};

use crate::support::{order, soon, start, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn clean_up_has_run_before_the_status_is_known() {
    let (engine, stage) = start(1).await;
    for (count, act) in ["await", "block"].into_iter().enumerate() {
        let prediction = engine.submit(order(act)).unwrap();
        stage.begun.notified().await;
        assert!(prediction.cancel());
        let ended = soon(prediction.completed()).await;
        assert_eq!(stage.cleaned_up.load(Ordering::SeqCst), count + 1);
        assert_eq!((ended.status(), ended.error()), (Status::Canceled, None));
        assert!(!prediction.cancel(), "what is over cannot be canceled");
    }
}

/// However early it comes, a cancel is never lost, and code that has not begun never does.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_right_after_the_submission_is_never_lost() {
    let (engine, stage) = start(1).await;
    for _ in 0..500 {
        let before = stage.entered.load(Ordering::SeqCst);
        let prediction = engine.submit(order("await")).unwrap();
        prediction.cancel();
        let ended = soon(prediction.completed()).await;
        assert_eq!(ended.status(), Status::Canceled);
        if ended.started_at().is_none() {
            assert_eq!(stage.entered.load(Ordering::SeqCst), before);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_never_waits_is_canceled_between_items() {
    let (engine, _stage) = start(1).await;
    let endless = Request::new(json!({ "act": "flood", "count": u32::MAX }));
    let prediction = engine.submit(endless).unwrap();
    let mut events = prediction.events();
    loop {
        if let Some(Ok((_, Event::Output { .. }))) = soon(events.next()).await {
            break;
        }
    }
    prediction.cancel();
    assert_eq!(soon(prediction.completed()).await.status(), Status::Canceled);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_cancels_when_dropped() {
    let (engine, stage) = start(1).await;
    let prediction = engine.submit(order("await")).unwrap();
    stage.begun.notified().await;
    drop(prediction.cancel_on_drop());
    assert_eq!(soon(prediction.completed()).await.status(), Status::Canceled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_prediction_can_be_found_and_canceled_by_id() {
    let (engine, _stage) = start(1).await;
    let request = Request { id: Some("mine".parse().unwrap()), ..order("await") };
    let prediction = engine.submit(request).unwrap();
    assert!(engine.find(&"mine".parse().unwrap()).unwrap().cancel());
    soon(prediction.wait()).await;
    assert!(engine.find(&"mine".parse().unwrap()).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prediction_that_ignores_its_cancel_says_so_and_when_it_returns() {
    let cancel_grace = Duration::from_millis(50);
    let (engine, stage) = start_with(EngineConfig { cancel_grace, ..EngineConfig::default() }).await;
    let prediction = engine.submit(Request { id: Some("deaf".parse().unwrap()), ..order("ignore") }).unwrap();
    stage.begun.notified().await;
    let mut events = prediction.events();
    let mut next_log = async || loop {
        if let (_, Event::Log { text, .. }) = soon(events.next()).await.unwrap().unwrap() {
            break text;
        }
    };
    assert!(prediction.cancel() && prediction.cancel(), "it can be told again");
    let told = next_log().await;
    assert!(told.starts_with("prediction `deaf` was canceled "), "{told}");
    assert!(told.ends_with(" s ago and goes on: its slot stays taken until its code returns\n"), "{told}");
    assert_eq!(engine.submit(order("return")).unwrap_err(), Rejection::AtCapacity { slots: 1 });
    stage.gate.open();
    let told = next_log().await;
    assert!(told.starts_with("prediction `deaf` has returned "), "{told}");
    assert!(told.ends_with(" s after its cancel: its slot is free\n"), "{told}");
    let ended = soon(prediction.completed()).await;
    assert_eq!((ended.status(), ended.logs().lines().count()), (Status::Canceled, 2), "each is said once");
}

/// One that obeys has been forgotten when the grace is over; what comes after it is not held up by it.
#[tokio::test(flavor = "multi_thread")]
async fn a_prediction_that_obeys_its_cancel_says_nothing() {
    let cancel_grace = Duration::from_millis(20);
    let (engine, stage) = start_with(EngineConfig { cancel_grace, ..EngineConfig::default() }).await;
    let obedient = engine.submit(order("await")).unwrap();
    stage.begun.notified().await;
    obedient.cancel();
    soon(obedient.wait()).await;
    let deaf = engine.submit(order("ignore")).unwrap();
    stage.begun.notified().await;
    deaf.cancel();
    let mut events = deaf.events();
    while !matches!(soon(events.next()).await.unwrap().unwrap(), (_, Event::Log { .. })) {}
    assert_eq!(obedient.snapshot().logs(), "");
    stage.gate.open();
    soon(deaf.wait()).await;
}
