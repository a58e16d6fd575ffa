//! Properties that hold at every instant, whatever is asked in whatever order.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use cog_core::{EngineConfig, Event, Rejection, Status};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::support::{order, soon, start, start_with};

#[derive(Clone, Debug)]
enum Step {
    Submit(&'static str),
    Cancel(usize),
    DropReader(usize),
    Yield,
    OpenGate,
}

fn step() -> impl Strategy<Value = Step> {
    let acts = ["return", "fail", "panic", "await", "block", "flood", "panic_in_drop", "panic_twice"];
    prop_oneof![
        6 => proptest::sample::select(acts.to_vec()).prop_map(Step::Submit),
        3 => (0_usize..8).prop_map(Step::Cancel),
        1 => (0_usize..8).prop_map(Step::DropReader),
        2 => Just(Step::Yield),
        1 => Just(Step::OpenGate),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants 1, 2 and 13: author code never runs on more threads than there are slots, no more wait than may, on a single slot they
    /// begin in the order in which they came, every accepted prediction ends exactly once, and in the end every slot is free.
    #[test]
    fn every_accepted_prediction_ends_once_and_slots_are_never_exceeded(
        slots in 1_usize..4,
        max_queue in 0_usize..4,
        steps in proptest::collection::vec(step(), 1..40),
        shut_down_early: bool,
    ) {
        Runtime::new().unwrap().block_on(async move {
            let config = EngineConfig { slots: NonZeroUsize::new(slots), max_queue, ..EngineConfig::default() };
            let (engine, stage) = start_with(config).await;
            let mut accepted = Vec::new();
            let mut readers = Vec::new();
            let mut refusals = 0;
            let mut never_begin = Vec::new();
            for step in steps {
                match step {
                    Step::Submit(act) => match engine.submit(order(act)) {
                        Ok(prediction) => {
                            readers.push(Some(prediction.events()));
                            accepted.push(prediction);
                        }
                        Err(Rejection::AtCapacity { slots: told }) => {
                            assert_eq!(told, slots);
                            refusals += 1;
                        }
                        Err(other) => panic!("{other}"),
                    },
                    Step::Cancel(which) => {
                        let Some(prediction) = accepted.get(which) else { continue };
                        let was_waiting = prediction.snapshot().started_at().is_none();
                        prediction.cancel();
                        let now = prediction.snapshot();
                        // It may have begun in between; if not, it never will.
                        if was_waiting && now.started_at().is_none() && now.status().is_terminal() {
                            never_begin.push(prediction.clone());
                        }
                    }
                    Step::DropReader(which) => { readers.get_mut(which).map(Option::take); }
                    Step::Yield => tokio::task::yield_now().await,
                    Step::OpenGate => stage.gate.open(),
                }
                assert!(stage.most.load(Ordering::SeqCst) <= slots);
                assert!(engine.waiting() <= max_queue);
            }
            if shut_down_early {
                assert!(soon(engine.shutdown(Duration::ZERO)).await, "cooperative code has returned");
            }
            stage.gate.open();
            let mut ids = HashSet::new();
            for prediction in &accepted {
                assert!(ids.insert(prediction.id().clone()));
                assert!(soon(prediction.completed()).await.status().is_terminal());
            }
            let begun: Vec<_> = accepted.iter().filter_map(|prediction| prediction.snapshot().started_at()).collect();
            if slots == 1 {
                assert!(begun.is_sorted(), "{begun:?}");
            }
            assert!(never_begin.iter().all(|prediction| prediction.snapshot().started_at().is_none()));
            assert!(stage.entered.load(Ordering::SeqCst) <= begun.len());
            assert!(refusals == 0 || accepted.len() >= slots + max_queue, "none is refused while there is room");
            for mut reader in readers.into_iter().flatten() {
                let mut ends = 0;
                while let Some(item) = soon(reader.next()).await {
                    assert_eq!(ends, 0, "nothing follows the end");
                    ends += usize::from(matches!(item, Ok((_, Event::Completed(_)))));
                }
                assert_eq!(ends, 1);
            }
            assert!(stage.most.load(Ordering::SeqCst) <= slots);
            assert_eq!((stage.running.load(Ordering::SeqCst), engine.waiting()), (0, 0));
            if !shut_down_early {
                assert_eq!(engine.free_slots(), slots);
                assert!(soon(engine.shutdown(Duration::ZERO)).await);
            }
        });
    }

    /// Invariant 5: engines in one process know nothing of each other.
    #[test]
    fn engines_do_not_disturb_each_other(cancel_first: bool) {
        Runtime::new().unwrap().block_on(async move {
            let (left, left_stage) = start(1).await;
            let (right, right_stage) = start(1).await;
            let id = || Some("same".parse().unwrap());
            let on_left = left.submit(cog_core::Request { id: id(), ..order("await") }).unwrap();
            let on_right = right.submit(cog_core::Request { id: id(), ..order("await") }).unwrap();
            left_stage.begun.notified().await;
            right_stage.begun.notified().await;
            if cancel_first {
                on_left.cancel();
            } else {
                soon(left.shutdown(Duration::ZERO)).await;
            }
            assert_eq!(soon(on_left.completed()).await.status(), Status::Canceled);
            assert_eq!(on_right.snapshot().status(), Status::Processing);
            right_stage.gate.open();
            assert_eq!(soon(on_right.completed()).await.status(), Status::Succeeded);
        });
    }
}
