//! What comes of a cancel: a prediction that waits leaves the line, and one that goes on although it was told to stop is told of.
//!
//! Rust cannot end a thread, so author code that ignores its cancel keeps its slot. That is said once it has gone on for a while. A
//! prediction that is not canceled is never heard of here: its record tells of its first cancel, and one task hears of all of them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::pool::Pool;
use crate::prediction::{HearCancel, Record};

/// Hears of the cancels of an engine's predictions.
#[derive(Debug)]
pub(super) struct Cancels {
    pub(super) pool: Arc<Pool>,
    pub(super) begun: UnboundedSender<Weak<Record>>,
}

impl HearCancel for Cancels {
    fn canceled(&self, record: &Arc<Record>) {
        match self.pool.withdraw(record) {
            Some(job) => job.end(None),
            // Where the engine has ended, nobody is left to hear.
            None => drop(self.begun.send(Arc::downgrade(record))),
        }
    }
}

/// Hears of cancels, and after `grace` has those records say so that are still not over. Ends with the last sender.
pub(super) async fn watch(mut canceled: UnboundedReceiver<Weak<Record>>, grace: Duration) {
    // They come in the order of their cancels and have the same time, so the first is always the first that is due.
    while let Some(record) = canceled.recv().await {
        let Some(since) = record.upgrade().and_then(|record| record.canceled_since()) else { continue };
        tokio::time::sleep(grace.saturating_sub(since)).await;
        // Nothing was held meanwhile: most records are gone by now.
        if let Some(record) = record.upgrade() {
            record.tell_overdue();
        }
    }
}
