//! The line in front of the slots, and deadlines.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cog_core::{Engine, EngineConfig, Event, Phase, PredictionHandle, Rejection, Request, Status};

use crate::support::{Stage, order, soon, start_with};

const LATE: &str = "canceled: its deadline of 0.02 s has passed\n";

async fn start(slots: usize, max_queue: usize) -> (Engine, Arc<Stage>) {
    start_with(EngineConfig { slots: NonZeroUsize::new(slots), max_queue, ..EngineConfig::default() }).await
}

fn limited(act: &str) -> Request {
    Request { deadline: Some(Duration::from_millis(20)), ..order(act) }
}

/// Has a prediction at work on the only slot.
async fn occupy(engine: &Engine, stage: &Stage) -> PredictionHandle {
    let running = engine.submit(order("await")).unwrap();
    soon(stage.begun.notified()).await;
    running
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_find_no_slot_wait_in_the_order_in_which_they_came() {
    let (engine, stage) = start(1, 3).await;
    let running = occupy(&engine, &stage).await;
    let waiting: Vec<_> = (0..3).map(|_| engine.submit(order("return")).unwrap()).collect();
    assert_eq!((engine.free_slots(), engine.waiting()), (0, 3));
    assert_eq!(engine.submit(order("return")).unwrap_err(), Rejection::AtCapacity { slots: 1 });
    let statuses: Vec<_> = waiting.iter().map(|prediction| prediction.snapshot().status()).collect();
    assert_eq!(statuses, [Status::Starting; 3]);
    assert!(
        waiting.iter().all(|prediction| prediction.next_event() == 0),
        "nothing is told of those that wait"
    );
    stage.gate.open();
    let mut before = soon(running.completed()).await;
    assert_eq!(before.queue_time(), None, "it found a free slot");
    for prediction in waiting {
        let ended = soon(prediction.completed()).await;
        assert_eq!(ended.status(), Status::Succeeded);
        assert!(ended.queue_time() > Some(Duration::ZERO));
        assert!(before.started_at() < ended.started_at());
        before = ended;
    }
    assert_eq!((engine.free_slots(), engine.waiting()), (1, 0));
}

/// Whoever comes back at once with the reply to the last request in hand stands behind those that waited meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_never_overtakes() {
    let (engine, _stage) = start(1, 2).await;
    let mut last = engine.submit(order("flood")).unwrap();
    for _ in 0..500 {
        let next = engine.submit(order("flood")).unwrap();
        soon(last.wait()).await;
        let newcomer = engine.submit(order("flood")).unwrap();
        soon(newcomer.wait()).await;
        let next = next.snapshot();
        assert!(next.status().is_terminal());
        assert!(next.started_at() <= newcomer.snapshot().started_at());
        last = newcomer;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_canceled_in_the_line_ends_at_once_and_never_runs() {
    let (engine, stage) = start(1, 3).await;
    let running = occupy(&engine, &stage).await;
    let named = |id: &str| Request { id: id.parse().ok(), ..order("return") };
    let [first, second, third] = ["first", "second", "third"].map(|id| engine.submit(named(id)).unwrap());
    assert!(second.cancel());
    // Without waiting for anything: it is over, and its name and its place are free.
    let ended = second.snapshot();
    assert_eq!((ended.status(), ended.error(), ended.started_at()), (Status::Canceled, None, None));
    assert_eq!((ended.logs(), ended.queue_time()), ("", None));
    assert!(!second.cancel());
    assert_eq!(engine.waiting(), 2);
    let again = engine.submit(named("second")).unwrap();
    assert_eq!(engine.submit(order("return")).unwrap_err(), Rejection::AtCapacity { slots: 1 });
    stage.gate.open();
    for prediction in [running, first, third, again] {
        assert_eq!(soon(prediction.completed()).await.status(), Status::Succeeded);
    }
    assert_eq!(stage.entered.load(Ordering::SeqCst), 4);
}

/// A guard of a client that is gone, and the last reader that leaves, are cancels like any other.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_waits_for_leaves_the_line() {
    let (engine, stage) = start(1, 1).await;
    let running = occupy(&engine, &stage).await;
    let abandoned = engine.submit(order("return")).unwrap();
    drop(abandoned.cancel_on_drop());
    assert_eq!((abandoned.snapshot().status(), engine.waiting()), (Status::Canceled, 0));
    let unwatched = engine.submit(Request { ends_unwatched: true, ..order("return") }).unwrap();
    drop(unwatched.watch(1).unwrap());
    assert_eq!((unwatched.snapshot().status(), engine.waiting()), (Status::Canceled, 0));
    running.cancel();
    soon(running.wait()).await;
    assert_eq!(stage.entered.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_what_waits_and_what_runs() {
    let (engine, stage) = start(1, 2).await;
    let running = occupy(&engine, &stage).await;
    let waiting = soon(engine.submit(limited("return")).unwrap().completed()).await;
    assert_eq!((waiting.status(), waiting.started_at(), waiting.logs()), (Status::Canceled, None, LATE));
    assert_eq!((engine.waiting(), stage.entered.load(Ordering::SeqCst)), (0, 1));
    assert_eq!(running.snapshot().status(), Status::Processing, "its neighbour has more time");
    running.cancel();
    soon(running.wait()).await;

    for act in ["await", "block"] {
        let ended = soon(engine.submit(limited(act)).unwrap().completed()).await;
        assert_eq!((ended.status(), ended.error(), ended.logs()), (Status::Canceled, None, LATE), "{act}");
        assert!(ended.started_at().is_some());
    }
    // One that is over in time is what it came to, and one that was canceled before says nothing of a deadline.
    let in_time = Request { deadline: Some(Duration::from_secs(3600)), ..order("return") };
    assert_eq!(soon(engine.submit(in_time).unwrap().completed()).await.status(), Status::Succeeded);
    let told = engine.submit(limited("ignore")).unwrap();
    told.cancel();
    stage.gate.open();
    assert_eq!(soon(told.completed()).await.logs(), "");
}

/// Whatever comes first: the place in the line, or the end of the time.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_of_nothing_never_leaves_anybody_in_the_line() {
    let (engine, stage) = start(1, 1).await;
    let running = occupy(&engine, &stage).await;
    for _ in 0..500 {
        let hasty = Request { deadline: Some(Duration::ZERO), ..order("return") };
        let ended = soon(engine.submit(hasty).unwrap().completed()).await;
        assert_eq!((ended.status(), ended.started_at()), (Status::Canceled, None));
    }
    running.cancel();
    soon(running.wait()).await;
    assert_eq!(stage.entered.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_lets_the_line_run_within_its_grace() {
    let (engine, stage) = start(1, 3).await;
    let running = occupy(&engine, &stage).await;
    let waiting: Vec<_> = (0..3).map(|_| engine.submit(order("return")).unwrap()).collect();
    let stopping = tokio::spawn({
        let engine = engine.clone();
        async move { engine.shutdown(Duration::from_secs(60)).await }
    });
    assert_eq!(soon(engine.phase_after(&Phase::Ready)).await, Phase::Stopped);
    assert_eq!(engine.submit(order("return")).unwrap_err(), Rejection::Stopped);
    stage.gate.open();
    assert!(soon(stopping).await.unwrap());
    for prediction in [vec![running], waiting].concat() {
        assert_eq!(prediction.snapshot().status(), Status::Succeeded);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_cancels_the_line_when_its_grace_is_over() {
    let (engine, stage) = start(1, 3).await;
    let running = occupy(&engine, &stage).await;
    let waiting: Vec<_> = (0..3).map(|_| engine.submit(order("return")).unwrap()).collect();
    assert!(soon(engine.shutdown(Duration::from_millis(20))).await);
    for prediction in [vec![running], waiting].concat() {
        assert_eq!(prediction.snapshot().status(), Status::Canceled);
    }
    assert_eq!(stage.entered.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_engine_cancels_the_line() {
    let (engine, stage) = start(1, 1).await;
    let running = occupy(&engine, &stage).await;
    let waiting = engine.submit(order("return")).unwrap();
    drop(engine);
    assert_eq!(waiting.snapshot().status(), Status::Canceled);
    assert_eq!(soon(running.completed()).await.status(), Status::Canceled);
}

/// More clients than there is room for: each tries until it is taken, and each gets its own result.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_through_a_short_line_loses_nothing() {
    let (engine, stage) = start(2, 3).await;
    let clients = (0..100).map(|_| {
        let engine = engine.clone();
        tokio::spawn(async move {
            loop {
                match engine.submit(order("return")) {
                    Ok(prediction) => return prediction.completed().await,
                    Err(Rejection::AtCapacity { .. }) => tokio::task::yield_now().await,
                    Err(other) => panic!("{other}"),
                }
            }
        })
    });
    for client in soon(futures::future::join_all(clients)).await {
        assert_eq!(client.unwrap().status(), Status::Succeeded);
    }
    assert_eq!(stage.entered.load(Ordering::SeqCst), 100);
    assert!(stage.most.load(Ordering::SeqCst) <= 2);
    assert_eq!((engine.free_slots(), engine.waiting()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_it_waited_is_known_when_it_begins() {
    let (engine, stage) = start(1, 1).await;
    let running = occupy(&engine, &stage).await;
    let waiting = engine.submit(order("return")).unwrap();
    let mut events = waiting.events();
    stage.gate.open();
    soon(running.wait()).await;
    let (_, first) = soon(events.next()).await.unwrap().unwrap();
    assert!(matches!(first, Event::Started { waited: Some(_), .. }), "{first:?}");
}
