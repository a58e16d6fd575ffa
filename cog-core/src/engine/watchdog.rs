//! Telling of predictions that go on although they were told to stop.
//!
//! Rust cannot end a thread, so author code that ignores its cancel keeps its slot. That is said once it has gone on for a while. A
//! prediction that is not canceled is never heard of here: its record tells of its first cancel, and one task hears of all of them.

use std::sync::Weak;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::prediction::Record;

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
