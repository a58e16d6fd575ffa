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

/// How many names of an input, and how many bytes of them, are not worth freeing early.
const FEW: usize = 64;
const SHORT: usize = 4096;

/// Somebody who makes predictions.
pub(super) trait Driver: Send + Sync {
    /// Makes one prediction. What it yields goes to the task's outbox.
    fn drive<'a>(&'a self, task: Task<'a>) -> LocalBoxFuture<'a, Result<()>>;

    /// Tells whether predictions can be made.
    fn healthcheck(&self) -> LocalBoxFuture<'_, Result<()>>;
}

/// One prediction to make.
pub(super) struct Task<'a> {
    /// Decoded, and hollow after that.
    pub(super) input: &'a mut Value,
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
            let decoded = P::Input::decode(input, &FieldPath::Root);
            hollow(input);
            let mut input = decoded?;
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

/// Lets go of all that is in an input but for a few names.
///
/// The map of the names is not freed here: it was taken by the thread of whoever asked, and an allocator with caches for each thread
/// is slower, and keeps more, where one thread takes what another gives back.
pub(super) fn hollow(input: &mut Value) {
    match input {
        Value::Object(fields)
            if fields.len() <= FEW && fields.keys().map(String::len).sum::<usize>() <= SHORT =>
        {
            fields.values_mut().for_each(|left| drop(left.take()));
        }
        left => drop(left.take()),
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

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn an_input_that_was_decoded_keeps_nothing_but_a_few_names() {
        let mut input = json!({ "text": "a".repeat(1 << 20), "unknown": { "list": [1, 2, 3] }, "count": 5 });
        hollow(&mut input);
        assert_eq!(input, json!({ "text": null, "unknown": null, "count": null }));

        let names =
            |count: usize| -> Map<_, _> { (0..count).map(|name| (name.to_string(), json!(1))).collect() };
        let mut input = Value::Object(names(FEW));
        hollow(&mut input);
        assert_eq!(input.as_object().map(Map::len), Some(FEW));
        for mut input in [Value::Object(names(FEW + 1)), json!({ "a".repeat(SHORT + 1): 1 }), json!(["text"])]
        {
            hollow(&mut input);
            assert_eq!(input, Value::Null);
        }
    }
}
