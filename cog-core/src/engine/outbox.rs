//! The outputs of one prediction, on their way to its record.
//!
//! The outbox owns the order of the outputs and the publishing of their files. An output is told at once if nothing has to be published:
//! it has no files, or there is no publisher and they become `data:` URLs. Otherwise its files are secured while the slot is still held,
//! and a task publishes them, several at a time, which the slot does not wait for. From then on every output goes through that task, so
//! outputs are told in the order in which they were made. A file that cannot be published ends the task, and with it the prediction.
//!
//! What waits is the outputs themselves: a slow publisher makes nothing else grow.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, ready};

use bytes::Bytes;
use futures::future::{FutureExt, try_join_all};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;

use crate::error::{Canceled, Error, Result, panic_message};
use crate::file::{Names, Publish, Secured, to_data_url};
use crate::output::Encoded;
use crate::prediction::{Event, Record};
use crate::scope::Scope;

/// How many files of one prediction are published at the same time, as many as are fetched.
const CONCURRENT: usize = 8;

/// Takes the outputs of one prediction, on its slot.
pub(super) struct Outbox<'a> {
    record: &'a Arc<Record>,
    scope: &'a Scope,
    publisher: Option<&'a Arc<dyn Publish>>,
    runtime: &'a Handle,
    /// How many outputs there have been.
    count: Cell<usize>,
    /// There is none until there is a file to publish.
    line: RefCell<Option<Line>>,
}

/// The way to the task that publishes.
struct Line {
    names: Names,
    parcels: UnboundedSender<Parcel>,
    publishing: Publishing,
}

/// The task that publishes, and what it came to once that has been waited for. Dropping it gives up what is not published.
pub(super) struct Publishing {
    task: AbortOnDropHandle<Result<()>>,
    outcome: Option<Result<()>>,
}

/// An output whose files are secured.
struct Parcel {
    index: usize,
    output: Encoded,
    files: Vec<Secured>,
}

impl<'a> Outbox<'a> {
    pub(super) const fn new(
        record: &'a Arc<Record>,
        scope: &'a Scope,
        publisher: Option<&'a Arc<dyn Publish>>,
        runtime: &'a Handle,
    ) -> Self {
        Self { record, scope, publisher, runtime, count: Cell::new(0), line: RefCell::new(None) }
    }

    /// Takes the next output. Does not wait for its files, but fails if those of another could not be published.
    pub(super) async fn put(&self, output: Encoded) -> Result<()> {
        let index = self.count.replace(self.count.get() + 1);
        match self.publisher {
            Some(publisher) if self.line.borrow().is_some() || !output.files.is_empty() => {
                if self.send(index, output, publisher)? { Ok(()) } else { self.published().await }
            }
            _ => {
                let urls = output.files.iter().map(to_data_url).collect::<Result<Vec<_>>>()?;
                tell(self.record, index, output.into_json(&urls));
                Ok(())
            }
        }
    }

    /// Secures the files of an output and hands it to the task. Returns whether the task is still there.
    fn send(&self, index: usize, mut output: Encoded, publisher: &Arc<dyn Publish>) -> Result<bool> {
        let mut line = self.line.borrow_mut();
        let line = line.get_or_insert_with(|| {
            let (parcels, receiver) = mpsc::unbounded_channel();
            let task = publish(receiver, index, Arc::clone(publisher), Arc::clone(self.record));
            let cancellation = self.record.cancellation().clone();
            let task = async move {
                let published = cancellation.run_until_cancelled(task).await;
                published.unwrap_or_else(|| Err(Canceled.into()))
            };
            let publishing =
                Publishing { task: AbortOnDropHandle::new(self.runtime.spawn(task)), outcome: None };
            Line { names: Names::default(), parcels, publishing }
        });
        let secure = |file| Secured::of(file, &mut line.names, || self.scope.directory());
        let files = std::mem::take(&mut output.files).iter().map(secure).collect::<Result<_>>()?;
        Ok(line.parcels.send(Parcel { index, output, files }).is_ok())
    }

    /// Waits until the task has ended, which it does before the outbox is closed only if it fails.
    ///
    /// Where there is no task yet this waits without being woken, so it has to be polled again after author code has run.
    pub(super) async fn published(&self) -> Result<()> {
        poll_fn(|context| {
            let mut line = self.line.borrow_mut();
            let Some(open) = &mut *line else { return Poll::Pending };
            let ended = ready!(open.publishing.task.poll_unpin(context));
            *line = None;
            Poll::Ready(outcome(ended))
        })
        .await
    }

    /// Takes no more outputs, and returns the task that publishes the rest, if there is one.
    pub(super) fn close(self) -> Option<Publishing> {
        self.line.into_inner().map(|line| line.publishing)
    }
}

impl Publishing {
    /// Waits until every output has been told.
    pub(super) async fn end(mut self) -> Result<()> {
        self.ended().await;
        self.outcome.unwrap_or(Ok(()))
    }

    /// Waits until every output has been told, and keeps what came of it for [`end`](Self::end).
    ///
    /// # Cancellation
    /// Dropping the future loses nothing.
    pub(super) async fn ended(&mut self) {
        if self.outcome.is_none() {
            self.outcome = Some(outcome((&mut self.task).await));
        }
    }
}

fn outcome(ended: Result<Result<()>, JoinError>) -> Result<()> {
    ended.unwrap_or_else(|error| {
        Err(match error.try_into_panic() {
            Ok(payload) => failure(format_args!("the publisher panicked: {}", panic_message(payload))),
            Err(_) => failure("the engine was stopped"),
        })
    })
}

/// Publishes the files of all outputs that arrive, the first of which is number `next`, and tells the outputs in their order.
async fn publish(
    mut parcels: UnboundedReceiver<Parcel>,
    mut next: usize,
    publisher: Arc<dyn Publish>,
    record: Arc<Record>,
) -> Result<()> {
    let turns = Semaphore::new(CONCURRENT);
    let publish = async |file| {
        let _turn = turns.acquire().await;
        publish_one(file, &*publisher, &record).await
    };
    let mut under_way = FuturesUnordered::new();
    let mut early = BTreeMap::new();
    loop {
        tokio::select! {
            Some(published) = under_way.next() => {
                let (index, json): (usize, Vec<u8>) = published?;
                early.insert(index, json);
                while let Some(json) = early.remove(&next) {
                    tell(&record, next, json);
                    next += 1;
                }
            }
            Some(Parcel { index, output, files }) = parcels.recv() => under_way.push(async move {
                let urls = try_join_all(files.into_iter().map(publish)).await?;
                Ok::<_, Error>((index, output.into_json(&urls)))
            }),
            else => return Ok(()),
        }
    }
}

async fn publish_one(file: Secured, publisher: &dyn Publish, record: &Record) -> Result<String> {
    file.publish(publisher, record.id()).await.map_err(|error| {
        let failure = failure(&error);
        // With its causes, which are no business of the client's.
        let error = format!("{:#}", Error::new(error));
        tracing::error!(prediction_id = record.id().as_str(), error, "cannot publish an output file");
        failure
    })
}

/// Cog's words, so that clients recognise them.
fn failure(reason: impl std::fmt::Display) -> Error {
    Error::msg(format!("Failed to upload output: {reason}"))
}

fn tell(record: &Record, index: usize, json: Vec<u8>) {
    record.append(Event::Output { index, chunk: Bytes::from(json) });
}
