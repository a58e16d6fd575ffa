//! One item of a batch, and its way back.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::{BatchOutput, BatchPredictor, BatchStream};
use crate::error::{Error, Result};
use crate::output::OutputValue;
use crate::scope::Scope;

/// One prediction of a batch.
pub struct BatchItem<P: BatchPredictor> {
    /// What the prediction is given.
    pub input: P::Input,
    /// Where its output goes.
    pub reply: Reply<P::Output>,
}

/// The way to one prediction of a batch. Dropping it without an end fails that prediction.
///
/// While it is held, the prediction keeps its slot. So a model that looks after cancellation drops the replies that are
/// [canceled](Self::is_canceled), and their clients are told at once.
pub struct Reply<O: BatchOutput> {
    wire: Arc<Wire<O::Part>>,
    scope: Scope,
}

impl<O: BatchOutput> Reply<O> {
    pub(super) fn new(wire: Arc<Wire<O::Part>>, scope: Scope) -> Self {
        Self { wire, scope }
    }

    /// The prediction's scope: for its logs, its metrics, its progress.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Tells whether the prediction has been canceled. Whatever is replied then, nobody will see it.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.scope.check().is_err()
    }

    /// Fails this prediction, and no other.
    pub fn fail(self, error: impl Into<Error>) {
        self.wire.end(Message::Failed(error.into()));
    }
}

impl<O: OutputValue + Send> Reply<O> {
    /// Ends this prediction with its output.
    pub fn finish(self, output: O) {
        self.wire.end(Message::Part(output));
    }
}

impl<O: BatchStream> Reply<O> {
    /// Yields the next item of the output, which its client sees at once.
    pub fn send(&self, part: O::Part) {
        self.wire.send(part);
    }

    /// Ends this prediction: its output is complete.
    pub fn end(self) {
        self.wire.end(Message::End);
    }
}

impl<O: BatchOutput> Drop for Reply<O> {
    fn drop(&mut self) {
        self.wire.let_go();
    }
}

impl<O: BatchOutput> fmt::Debug for Reply<O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reply").field("id", &self.scope.id()).finish_non_exhaustive()
    }
}

impl<P: BatchPredictor<Input: fmt::Debug>> fmt::Debug for BatchItem<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BatchItem").field("input", &self.input).field("reply", &self.reply).finish()
    }
}

/// What goes from a batch to a prediction.
pub(super) enum Message<T> {
    Part(T),
    Failed(Error),
    End,
}

/// The connection of a batch to one of its predictions.
pub(super) struct Wire<T> {
    state: Mutex<State<T>>,
    has_changed: Condvar,
}

struct State<T> {
    /// None when the end has been sent.
    sender: Option<UnboundedSender<Message<T>>>,
    /// Whether author code has the item no more.
    is_let_go: bool,
}

impl<T> Wire<T> {
    pub(super) fn new() -> (Arc<Self>, UnboundedReceiver<Message<T>>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let state = Mutex::new(State { sender: Some(sender), is_let_go: false });
        (Arc::new(Self { state, has_changed: Condvar::new() }), receiver)
    }

    fn send(&self, part: T) {
        if let Some(sender) = &self.lock().sender {
            // It fails where the prediction is over, which is the author's to ask for.
            let _ = sender.send(Message::Part(part));
        }
    }

    /// Sends the last message, unless it has been sent.
    pub(super) fn end(&self, message: Message<T>) {
        let sender = self.lock().sender.take();
        if let Some(sender) = sender {
            let _ = sender.send(message);
        }
    }

    /// Tells that author code has the item no more.
    pub(super) fn let_go(&self) {
        self.lock().is_let_go = true;
        self.has_changed.notify_all();
    }

    /// Blocks until author code has the item no more.
    fn wait_until_let_go(&self) {
        let mut state = self.lock();
        while !state.is_let_go {
            state = self.has_changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The prediction's end of the connection, which its slot holds.
///
/// Dropped, it leaves the line; or, if the item is in a batch already, waits until author code has let go of it, as a slot is free when
/// author code has returned and not before. It blocks then, on a thread that has nothing else to do.
pub struct Ticket<T> {
    receiver: UnboundedReceiver<Message<T>>,
    wire: Arc<Wire<T>>,
    /// Takes the item out of the line. Tells whether it was there.
    leave: Box<dyn Fn() -> bool>,
}

impl<T> Ticket<T> {
    pub(super) fn new(
        receiver: UnboundedReceiver<Message<T>>,
        wire: Arc<Wire<T>>,
        leave: impl Fn() -> bool + 'static,
    ) -> Self {
        Self { receiver, wire, leave: Box::new(leave) }
    }

    /// Waits for the next part of the output. `None` at its end.
    pub(super) async fn next(&mut self) -> Option<Result<T>> {
        match self.receiver.recv().await {
            Some(Message::Part(part)) => Some(Ok(part)),
            Some(Message::Failed(error)) => Some(Err(error)),
            Some(Message::End) | None => None,
        }
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        if !(self.leave)() {
            self.wire.wait_until_let_go();
        }
    }
}

impl<T> fmt::Debug for Ticket<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ticket").finish_non_exhaustive()
    }
}
