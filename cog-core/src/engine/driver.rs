//! Between the engine and the typed predictor.
//!
//! What crosses here is JSON, a scope's events and a cancel, so that a predictor could as well live in another process.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use serde_json::Value;

use crate::error::Result;
use crate::field::FieldPath;
use crate::file::{Fetch, fetch_all, to_data_url};
use crate::input::InputValue;
use crate::output::{Deliver, Encoded, Items, ItemsKind};
use crate::prediction::Event;
use crate::predictor::Predictor;
use crate::scope::Scope;

/// Somebody who makes predictions.
pub(super) trait Driver: Send + Sync {
    /// Makes one prediction. What it yields goes to the scope's record.
    fn drive(&self, task: Task) -> LocalBoxFuture<'_, Result<()>>;

    /// Tells whether predictions can be made.
    fn healthcheck(&self) -> LocalBoxFuture<'_, Result<()>>;
}

/// One prediction to make.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) input: Value,
    pub(super) scope: Scope,
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
    fn drive(&self, Task { input, scope }: Task) -> LocalBoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let mut input = P::Input::decode(input, &FieldPath::Root)?;
            if self.has_input_files {
                fetch_all(&mut input, || scope.directory(), self.fetcher.as_deref()).await?;
            }
            let output = self.predictor.predict(input, scope.clone()).await?;
            deliver(output.into_items(), &scope).await
        })
    }

    fn healthcheck(&self) -> LocalBoxFuture<'_, Result<()>> {
        Box::pin(self.predictor.healthcheck())
    }
}

/// Tells the output, part by part, as the author's code makes it.
async fn deliver(Items(items): Items<'_>, scope: &Scope) -> Result<()> {
    match items {
        ItemsKind::One(value) => tell(0, value?, scope),
        ItemsKind::Many(mut stream) => {
            let mut index = 0;
            while let Some(item) = stream.next().await {
                tell(index, item?, scope)?;
                index += 1;
                // A stream that never waits is canceled here, between two items.
                scope.check()?;
            }
            Ok(())
        }
    }
}

fn tell(index: usize, value: Encoded, scope: &Scope) -> Result<()> {
    let urls = value.files.iter().map(|(_, file)| to_data_url(file)).collect::<Result<Vec<_>>>()?;
    let chunk = Bytes::from(value.into_json(&urls));
    if let Some(record) = scope.record() {
        record.append(Event::Output { index, chunk });
    }
    Ok(())
}
