//! The sequence of events, and the object that is its fold.

use cog_core::{EngineConfig, Event, Events, Lagged, Prediction, Rejection, Request, Status, json};

use crate::support::{order, soon, start, start_with};

/// Reads every event there is to read.
async fn all(mut events: Events) -> Vec<Result<(u64, Event), Lagged>> {
    let mut read = Vec::new();
    while let Some(item) = soon(events.next()).await {
        read.push(item);
    }
    read
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_order_from_start_to_end() {
    let (engine, _stage) = start(1).await;
    let prediction = engine.submit(Request::new(json!({ "count": 3 }))).unwrap();
    let events = all(prediction.events()).await;
    let numbers: Vec<_> = events.iter().map(|item| item.as_ref().unwrap().0).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    let events: Vec<_> = events.into_iter().map(|item| item.unwrap().1).collect();
    assert!(matches!(events.first(), Some(Event::Started { .. })));
    for (place, event) in events[1..4].iter().enumerate() {
        let Event::Output { index, chunk } = event else { panic!("{event:?}") };
        assert_eq!((*index, &chunk[..]), (place, format!("\"{place} \"").as_bytes()));
    }
    assert!(matches!(events.last(), Some(Event::Completed(end)) if end.status == Status::Succeeded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_may_come_late_or_not_at_all() {
    let (engine, _stage) = start(1).await;
    let prediction = engine.submit(order("return")).unwrap();
    soon(prediction.wait()).await;
    assert_eq!(all(prediction.events()).await.len(), 3);
    assert_eq!(all(prediction.events_from(2)).await.len(), 1);
    assert!(all(prediction.events_from(99)).await.is_empty());
}

/// A slow reader costs the prediction nothing and learns what it has missed.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_falls_behind_is_told_how_far() {
    let (engine, _stage) = start(1).await;
    let prediction = engine.submit(Request::new(json!({ "act": "flood", "count": 5000 }))).unwrap();
    soon(prediction.wait()).await;
    let read = all(prediction.events()).await;
    // One start, five thousand outputs and the end, of which the last 1024 are kept.
    assert_eq!(read[0], Err(Lagged(5002 - 1024)));
    assert_eq!(read.len(), 1 + 1024);
    assert!(read[1..].iter().all(Result::is_ok));
}

/// One that is over is read from its last event, one that goes on from its next.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_reader_is_told_again_what_the_engine_is_told_to_tell() {
    for (history_capacity, first, expected) in [
        (1024, 0, vec![Ok(0), Ok(1), Ok(2), Ok(3), Ok(4)]),
        (1024, 3, vec![Ok(3), Ok(4)]),
        (1024, 9, vec![Ok(0), Ok(1), Ok(2), Ok(3), Ok(4)]),
        (2, 0, vec![Err(Lagged(2)), Ok(2), Ok(3), Ok(4)]),
        (2, 1, vec![Err(Lagged(1)), Ok(2), Ok(3), Ok(4)]),
        (2, 3, vec![Ok(3), Ok(4)]),
        (2, 9, vec![Err(Lagged(2)), Ok(2), Ok(3), Ok(4)]),
        (0, 0, vec![Ok(4)]),
        (0, 3, vec![Ok(4)]),
    ] {
        let (engine, _stage) = start_with(EngineConfig { history_capacity, ..EngineConfig::default() }).await;
        let prediction = engine.submit(Request::new(json!({ "count": 3 }))).unwrap();
        soon(prediction.wait()).await;
        let read = all(prediction.replay_from(first)).await;
        let read: Vec<_> = read.into_iter().map(|item| item.map(|(number, _)| number)).collect();
        assert_eq!(read, expected, "{history_capacity} {first}");
        assert_eq!(all(prediction.events()).await.len(), 5, "who was there from the start misses nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_told_as_one_chain() {
    let (engine, _stage) = start(1).await;
    let prediction = soon(engine.submit(order("fail")).unwrap().completed()).await;
    assert_eq!(prediction.error(), Some("outer reason: root cause"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_taken_once_at_a_time() {
    let (engine, stage) = start(2).await;
    let named = || Request { id: Some("same".parse().unwrap()), ..order("await") };
    let prediction = engine.submit(named()).unwrap();
    assert_eq!(engine.submit(named()).unwrap_err(), Rejection::AlreadyRunning("same".parse().unwrap()));
    assert_eq!(engine.free_slots(), 1, "a refusal takes no slot");
    stage.gate.open();
    soon(prediction.wait()).await;
    soon(engine.submit(named()).unwrap().wait()).await;
}

/// The object a reader makes of the events is the one that the engine shows.
#[tokio::test(flavor = "multi_thread")]
async fn the_object_is_the_fold_of_the_events() {
    let (engine, _stage) = start(1).await;
    for act in ["return", "fail", "panic"] {
        let prediction = engine.submit(order(act)).unwrap();
        let mut fold: Prediction = prediction.snapshot();
        let mut events = all(prediction.events()).await.into_iter().map(|item| item.unwrap().1);
        if fold.status() != Status::Starting {
            // The snapshot came after the first events; a fold has to begin at the beginning.
            continue;
        }
        events.by_ref().for_each(|event| fold.apply(&event));
        assert_eq!(fold, prediction.snapshot());
    }
}
