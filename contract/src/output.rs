//! What the scripted models return, each made of the parts that a script outputs.

use std::future::Future;

use cog_core::{ConcatenateStream, Output, OutputStream, Path, Result, Value, anyhow};
use futures::{Stream, StreamExt, TryStreamExt};

use crate::play::Part;

/// An output that a script can make.
pub(crate) trait Made: Output {
    /// Makes the output of the parts.
    fn of<'a>(
        parts: impl Stream<Item = Result<Part>> + 'a,
    ) -> impl Future<Output = Result<Self::Returned<'a>>>;
}

/// The last value, or `null`.
impl Made for Value {
    async fn of<'a>(parts: impl Stream<Item = Result<Part>> + 'a) -> Result<Self> {
        let values: Vec<Self> = parts.map(|part| json(part?)).try_collect().await?;
        Ok(values.into_iter().next_back().unwrap_or_default())
    }
}

/// The last value, and what is not a number if it is none.
impl Made for f64 {
    async fn of<'a>(parts: impl Stream<Item = Result<Part>> + 'a) -> Result<Self> {
        Ok(Value::of(parts).await?.as_f64().unwrap_or(Self::NAN))
    }
}

impl Made for OutputStream<'static, Value> {
    async fn of<'a>(parts: impl Stream<Item = Result<Part>> + 'a) -> Result<OutputStream<'a, Value>> {
        Ok(OutputStream::new(parts.map(|part| json(part?))))
    }
}

impl Made for ConcatenateStream<'static> {
    async fn of<'a>(parts: impl Stream<Item = Result<Part>> + 'a) -> Result<ConcatenateStream<'a>> {
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(ConcatenateStream::new(parts.map(move |part| Ok(text(json(part?)?)))))
    }
}

impl Made for Path {
    async fn of<'a>(parts: impl Stream<Item = Result<Part>> + 'a) -> Result<Self> {
        let files: Vec<Self> = parts.map(|part| file(part?)).try_collect().await?;
        files.into_iter().next_back().ok_or_else(|| anyhow::anyhow!("the script outputs no file"))
    }
}

impl Made for Vec<Path> {
    async fn of<'a>(parts: impl Stream<Item = Result<Part>> + 'a) -> Result<Self> {
        parts.map(|part| file(part?)).try_collect().await
    }
}

impl Made for OutputStream<'static, Path> {
    async fn of<'a>(parts: impl Stream<Item = Result<Part>> + 'a) -> Result<OutputStream<'a, Path>> {
        Ok(OutputStream::new(parts.map(|part| file(part?))))
    }
}

/// An output with files at every depth.
#[derive(Output)]
pub(crate) struct Object {
    /// The last value.
    value: Option<Value>,
    /// The first file.
    first: Option<Path>,
    /// The second file, a level below.
    inner: Inner,
}

#[derive(Output)]
struct Inner {
    second: Option<Path>,
    /// All other files.
    others: Vec<Path>,
}

impl Made for Object {
    async fn of<'a>(parts: impl Stream<Item = Result<Part>> + 'a) -> Result<Self> {
        let mut value = None;
        let mut files = Vec::new();
        let mut parts = std::pin::pin!(parts);
        while let Some(part) = parts.try_next().await? {
            match part {
                Part::Json(json) => value = Some(json),
                Part::File(file) => files.push(file),
            }
        }
        let mut files = files.into_iter();
        let (first, second) = (files.next(), files.next());
        Ok(Self { value, first, inner: Inner { second, others: files.collect() } })
    }
}

fn json(part: Part) -> Result<Value> {
    match part {
        Part::Json(value) => Ok(value),
        Part::File(_) => Err(anyhow::anyhow!("this model outputs no files")),
    }
}

fn file(part: Part) -> Result<Path> {
    match part {
        Part::File(file) => Ok(file),
        Part::Json(_) => Err(anyhow::anyhow!("this model outputs nothing but files")),
    }
}
