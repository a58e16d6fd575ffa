//! What an item of a batch can come to.

use std::future::Future;

use anyhow::anyhow;
use futures::stream::{self, Stream};

use super::item::Ticket;
use crate::error::{Error, Result};
use crate::output::{ConcatenateStream, Output, OutputStream, OutputValue};

/// An output of a [`BatchPredictor`](crate::BatchPredictor): any [`OutputValue`] that can be sent to another thread, or a stream of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a batch predictor",
    label = "cannot be sent from the thread of the batch to that of the prediction",
    note = "outputs of batches are what `Predictor` can return, if it is `Send`"
)]
pub trait BatchOutput: Output {
    /// What is sent: the value itself, or one item of the stream.
    type Part: Send + 'static;

    /// Makes of what comes what `predict` returns.
    #[doc(hidden)]
    fn receive<'a>(ticket: Ticket<Self::Part>) -> impl Future<Output = Result<Self::Returned<'a>>>;
}

/// A [`BatchOutput`] that comes part by part.
pub trait BatchStream: BatchOutput {}

impl<T: OutputValue + Send> BatchOutput for T {
    type Part = T;

    async fn receive<'a>(mut ticket: Ticket<T>) -> Result<T> {
        ticket.next().await.unwrap_or_else(|| Err(unanswered()))
    }
}

impl<T: OutputValue + Send> BatchOutput for OutputStream<'static, T> {
    type Part = T;

    async fn receive<'a>(ticket: Ticket<T>) -> Result<OutputStream<'a, T>> {
        Ok(OutputStream::new(parts(ticket)))
    }
}

impl<T: OutputValue + Send> BatchStream for OutputStream<'static, T> {}

impl BatchOutput for ConcatenateStream<'static> {
    type Part = String;

    async fn receive<'a>(ticket: Ticket<String>) -> Result<ConcatenateStream<'a>> {
        Ok(ConcatenateStream::new(parts(ticket)))
    }
}

impl BatchStream for ConcatenateStream<'static> {}

fn parts<T>(ticket: Ticket<T>) -> impl Stream<Item = Result<T>> {
    stream::unfold(ticket, |mut ticket| async {
        let part = ticket.next().await?;
        Some((part, ticket))
    })
}

/// What is wrong where a batch has ended and an item of it has not.
pub(super) fn unanswered() -> Error {
    anyhow!("the model made nothing of this item of its batch")
}
