//! The line of those who wait, and the thread that computes one batch after the other.

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use tokio::runtime::Handle;

use super::item::{Message, Ticket, Wire};
use super::output::unanswered;
use super::queue::{Next, Queue, Waiting};
use super::{BatchItem, BatchLimits, BatchOutput, BatchPredictor, Reply};
use crate::error::{Defunct, Error, panic_message};
use crate::scope::Scope;

/// What [`Batched`](super::Batched) shares with its thread.
pub(super) struct Line<P: BatchPredictor> {
    model: P,
    limits: BatchLimits,
    state: Mutex<State<P>>,
    has_changed: Condvar,
}

struct State<P: BatchPredictor> {
    queue: Queue<Entry<P>>,
    is_closed: bool,
}

/// An item that waits.
struct Entry<P: BatchPredictor> {
    input: P::Input,
    scope: Scope,
    wire: Arc<Wire<<P::Output as BatchOutput>::Part>>,
}

/// Starts the thread. It ends when the line is closed and what it computes then has ended.
pub(super) fn start<P: BatchPredictor>(model: P, runtime: Handle) -> io::Result<Arc<Line<P>>> {
    let limits = model.limits();
    let state = Mutex::new(State { queue: Queue::new(limits), is_closed: false });
    let line = Arc::new(Line { model, limits, state, has_changed: Condvar::new() });
    let own = Arc::clone(&line);
    thread::Builder::new().name("cog-batch".to_owned()).spawn(move || {
        while let Some(batch) = own.next() {
            compute(&own.model, batch, &runtime);
        }
    })?;
    Ok(line)
}

impl<P: BatchPredictor> Line<P> {
    pub(super) const fn model(&self) -> &P {
        &self.model
    }

    pub(super) const fn limits(&self) -> BatchLimits {
        self.limits
    }

    /// Puts an item at the end of the line.
    pub(super) fn enter(
        self: &Arc<Self>,
        input: P::Input,
        cost: u64,
        scope: Scope,
    ) -> Ticket<<P::Output as BatchOutput>::Part> {
        let (wire, receiver) = Wire::new();
        let entry = Entry { input, scope, wire: Arc::clone(&wire) };
        let key = self.lock().queue.push(Instant::now(), cost, entry);
        self.has_changed.notify_one();
        let own = Arc::clone(self);
        Ticket::new(receiver, wire, move || {
            let left = own.lock().queue.remove(key);
            // Dropped here and not under the lock, as an input is author code too.
            left.is_some()
        })
    }

    /// Takes nobody in any more, and lets the thread end.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let left = state.queue.clear();
        drop(state);
        self.has_changed.notify_one();
        for waiting in left {
            waiting.item.wire.end(Message::Failed(unanswered()));
            waiting.item.wire.let_go();
        }
    }

    /// Waits for a batch. `None` once the line is closed.
    fn next(&self) -> Option<Vec<Waiting<Entry<P>>>> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            let now = Instant::now();
            state = match state.queue.next(now) {
                Next::Batch(count) => return Some(state.queue.take(count)),
                Next::Wait(until) => {
                    let waited = self.has_changed.wait_timeout(state, until.saturating_duration_since(now));
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                Next::Nothing => self.has_changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Computes a batch, and sees to it that each of its items has an end.
fn compute<P: BatchPredictor>(model: &P, batch: Vec<Waiting<Entry<P>>>, runtime: &Handle) {
    let began = Instant::now();
    // One that has been canceled is on its way out of the line.
    let (batch, canceled): (Vec<_>, Vec<_>) =
        batch.into_iter().partition(|waiting| waiting.item.scope.check().is_ok());
    for waiting in canceled {
        let Entry { input, wire, .. } = waiting.item;
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(input)));
        wire.let_go();
    }
    if batch.is_empty() {
        return;
    }
    let size = batch.len();
    let wires: Vec<_> = batch.iter().map(|waiting| Arc::clone(&waiting.item.wire)).collect();
    let items = batch.into_iter().map(|Waiting { since, item: Entry { input, scope, wire }, .. }| {
        // They fail where the author has a metric called `batch`, which is then the author's.
        let _ = scope.record_metric("batch.size", size as u64);
        let _ = scope.record_metric("batch.wait", (began - since).as_secs_f64());
        BatchItem { input, reply: Reply::new(wire, scope) }
    });
    let items = items.collect();
    // The error is written in here, as that is author code too.
    let failure = panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(model.predict_batch(items)).err().map(|error| Failure::of(&error))
    }));
    let failure = failure.unwrap_or_else(|payload| Some(Failure::panicked(payload)));
    for wire in wires {
        wire.end(Message::Failed(failure.as_ref().map_or_else(unanswered, Failure::to_error)));
        wire.let_go();
    }
}

/// Why a batch has failed, for each of its items.
struct Failure {
    text: String,
    is_defunct: bool,
}

impl Failure {
    fn of(error: &Error) -> Self {
        Self { text: format!("{error:#}"), is_defunct: Defunct::is_in(error) }
    }

    fn panicked(payload: Box<dyn std::any::Any + Send>) -> Self {
        let text = format!("the model panicked: {}", panic_message(payload));
        tracing::error!("{text}");
        Self { text, is_defunct: false }
    }

    fn to_error(&self) -> Error {
        let error = Error::msg(self.text.clone());
        if self.is_defunct { Defunct::new(error).into() } else { error }
    }
}
