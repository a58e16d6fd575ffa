//! Between the engine and the typed predictor.
//!
//! What crosses here is JSON, files, a scope's events and a cancel, so that a predictor could as well live in another process.

use std::sync::Arc;

use futures::StreamExt;
use futures::future::LocalBoxFuture;
use serde_json::Value;

use super::outbox::Outbox;
use crate::error::Result;
use crate::field::FieldPath;
use crate::file::{Fetch, fetch_all};
use crate::input::InputValue;
use crate::output::{Deliver, Items, ItemsKind};
use crate::predictor::Predictor;
use crate::scope::Scope;

/// Somebody who makes predictions.
pub(super) trait Driver: Send + Sync {
    /// Makes one prediction. What it yields goes to the task's outbox.
    fn drive<'a>(&'a self, task: Task<'a>) -> LocalBoxFuture<'a, Result<()>>;

    /// Tells whether predictions can be made.
    fn healthcheck(&self) -> LocalBoxFuture<'_, Result<()>>;
}

/// One prediction to make.
pub(super) struct Task<'a> {
    pub(super) input: Value,
    pub(super) scope: &'a Scope,
    pub(super) outbox: &'a Outbox<'a>,
}

/// A predictor in this process.
pub(super) struct InProcess<P> {
    predictor: P,
    has_input_files: bool,
    fetcher: Option<Arc<dyn Fetch>>,
}

impl<P: Predictor> InProcess<P> {
    pub(super) fn new(predictor: P, fetcher: Option<Arc<dyn Fetch>>) -> Self {
        Self { predictor, has_input_files: P::Input::schema().has_files(), fetcher }
    }
}

impl<P: Predictor> Driver for InProcess<P> {
    fn drive<'a>(&'a self, Task { input, scope, outbox }: Task<'a>) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut input = P::Input::decode(input, &FieldPath::Root)?;
            if self.has_input_files {
                fetch_all(&mut input, || scope.directory(), self.fetcher.as_deref()).await?;
            }
            let output = self.predictor.predict(input, scope.clone()).await?;
            deliver(output.into_items(), scope, outbox).await
        })
    }

    fn healthcheck(&self) -> LocalBoxFuture<'_, Result<()>> {
        Box::pin(self.predictor.healthcheck())
    }
}

/// Tells the output, part by part, as the author's code makes it.
async fn deliver(Items(items): Items<'_>, scope: &Scope, outbox: &Outbox<'_>) -> Result<()> {
    match items {
        ItemsKind::One(value) => outbox.put(value?).await,
        ItemsKind::Many(mut stream) => {
            while let Some(item) = stream.next().await {
                outbox.put(item?).await?;
                // A stream that never waits is canceled here, between two items.
                scope.check()?;
            }
            Ok(())
        }
    }
}
