//! Which items are the next batch.
//!
//! A line in the order of arrival. A batch is the longest beginning of it that keeps within the limits, and never less than one item; so
//! what does not fit ends the batch, and is the first of the next. Knows no clock and no thread.

use std::collections::VecDeque;
use std::time::Instant;

use super::BatchLimits;

#[derive(Debug)]
pub(super) struct Queue<T> {
    limits: BatchLimits,
    waiting: VecDeque<Waiting<T>>,
    /// The key of the next item.
    next: u64,
}

#[derive(Debug)]
pub(super) struct Waiting<T> {
    key: Key,
    pub(super) since: Instant,
    pub(super) cost: u64,
    pub(super) item: T,
}

/// Names an item for as long as it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(u64);

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// So many items are a batch.
    Batch(usize),
    /// There is nothing to do before this moment, unless another item comes.
    Wait(Instant),
    /// There is no item.
    Nothing,
}

impl<T> Queue<T> {
    pub(super) const fn new(limits: BatchLimits) -> Self {
        Self { limits, waiting: VecDeque::new(), next: 0 }
    }

    pub(super) fn push(&mut self, since: Instant, cost: u64, item: T) -> Key {
        let key = Key(self.next);
        self.next += 1;
        self.waiting.push_back(Waiting { key, since, cost, item });
        key
    }

    /// Takes an item out of the line, if it is still there.
    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        // Keys are in order, as nobody is overtaken.
        let place = self.waiting.binary_search_by_key(&key.0, |waiting| waiting.key.0).ok()?;
        self.waiting.remove(place).map(|waiting| waiting.item)
    }

    pub(super) fn next(&self, now: Instant) -> Next {
        let Some(first) = self.waiting.front() else { return Next::Nothing };
        let BatchLimits { max_items, max_cost, max_wait, .. } = self.limits;
        let mut cost = first.cost;
        let mut count = 1;
        for waiting in self.waiting.iter().skip(1).take(max_items.saturating_sub(1)) {
            match cost.checked_add(waiting.cost) {
                Some(sum) if sum <= max_cost => cost = sum,
                _ => return Next::Batch(count),
            }
            count += 1;
        }
        let ends = first.since.checked_add(max_wait);
        match ends {
            // What costs nothing could still be added, and is not worth waiting for.
            Some(ends) if count < max_items && cost < max_cost && now < ends => Next::Wait(ends),
            _ => Next::Batch(count),
        }
    }

    /// Takes the first items.
    pub(super) fn take(&mut self, count: usize) -> Vec<Waiting<T>> {
        self.waiting.drain(..count.min(self.waiting.len())).collect()
    }

    /// Takes all.
    pub(super) fn clear(&mut self) -> Vec<Waiting<T>> {
        self.take(usize::MAX)
    }
}
