//! Which items become a batch, for any arrivals.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::queue::{Next, Queue};
use super::*;

#[derive(Clone, Debug)]
enum Step {
    Push(u64),
    Remove(usize),
    Wait(u64),
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => prop_oneof![0_u64..12, Just(u64::MAX)].prop_map(Step::Push),
        1 => (0_usize..8).prop_map(Step::Remove),
        2 => (0_u64..8).prop_map(Step::Wait),
        3 => Just(Step::Take),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A batch is the beginning of the line, within its limits, as long as they allow; and it is there as soon as it is full or its first
    /// item has waited long enough.
    #[test]
    fn batches_keep_within_their_limits_and_nobody_is_overtaken_or_forgotten(
        max_items in 0_usize..6,
        max_cost in prop_oneof![0_u64..30, Just(u64::MAX)],
        max_wait in prop_oneof![0_u64..10, Just(u64::MAX)],
        steps in proptest::collection::vec(step(), 1..80),
    ) {
        let max_wait = Duration::from_millis(max_wait);
        let limits = BatchLimits { max_items, max_cost, max_wait, ..BatchLimits::default() };
        let mut queue = Queue::new(limits);
        let mut expected = VecDeque::new();
        let mut now = Instant::now();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push(cost) => {
                    let key = queue.push(now, cost, number);
                    expected.push_back((number, key, now, cost));
                }
                Step::Remove(which) => {
                    if which < expected.len() {
                        let (number, key, ..) = expected.remove(which).unwrap();
                        prop_assert_eq!(queue.remove(key), Some(number));
                        prop_assert_eq!(queue.remove(key), None);
                    }
                }
                Step::Wait(time) => now += Duration::from_millis(time),
                Step::Take => {
                    let first = expected.front().copied();
                    let ends = first.map(|(_, _, since, _)| since.checked_add(max_wait));
                    match queue.next(now) {
                        Next::Nothing => prop_assert!(expected.is_empty()),
                        Next::Wait(until) => {
                            prop_assert_eq!(ends, Some(Some(until)));
                            prop_assert!(until > now);
                            prop_assert!(expected.len() < max_items);
                            let cost = expected.iter().try_fold(0_u64, |sum, item| sum.checked_add(item.3));
                            prop_assert!(cost.is_some_and(|cost| cost < max_cost));
                        }
                        Next::Batch(count) => {
                            let batch = queue.take(count);
                            prop_assert!(count == 1 || count <= max_items);
                            let cost = batch.iter().try_fold(0_u64, |sum, item| sum.checked_add(item.cost));
                            prop_assert!(count == 1 || cost.is_some_and(|cost| cost <= max_cost));
                            for waiting in &batch {
                                prop_assert_eq!(Some(waiting.item), expected.pop_front().map(|item| item.0));
                            }
                            let is_late = ends.flatten().is_some_and(|ends| ends <= now);
                            let is_full = count >= max_items || cost.is_none_or(|cost| cost >= max_cost);
                            let fits_no_more = expected.front().is_some_and(|next| {
                                cost.and_then(|cost| cost.checked_add(next.3)).is_none_or(|cost| cost > max_cost)
                            });
                            prop_assert!(
                                is_full || fits_no_more || (is_late && expected.is_empty()),
                                "{} of {}", count, count + expected.len()
                            );
                        }
                    }
                }
            }
        }
    }
}
