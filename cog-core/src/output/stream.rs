//! Outputs that arrive bit by bit.

use std::fmt;

use futures::stream::{self, LocalBoxStream, Stream, StreamExt};

use super::{Deliver, Encoded, Items, ItemsKind, Output, OutputValue};
use crate::error::{Error, Result};
use crate::schema::{Schema, StreamDisplay};

/// A list whose items reach the client as they are made. Published with `x-cog-array-type: iterator`.
///
/// The stream may borrow the predictor: name the type `OutputStream<'static, T>` as the associated type and return
/// `OutputStream<'_, T>`. Items are `T`, or a [`Result`] whose error fails the prediction. Whatever the prediction owns, it owns on one
/// thread, so neither the stream nor what it holds (the guard of a lock, say) needs to be `Send`.
///
/// ```
/// use cog_core::{Input, OutputStream, Predictor, Result, Scope, Setup};
///
/// #[derive(Input)]
/// struct Range {
///     #[input(ge = 0)]
///     until: usize,
/// }
///
/// struct Primes(Vec<u32>);
///
/// impl Predictor for Primes {
///     type Input = Range;
///     type Output = OutputStream<'static, u32>;
///
///     async fn setup(_: &Setup) -> Result<Self> {
///         Ok(Self(vec![2, 3, 5, 7, 11]))
///     }
///
///     async fn predict(&self, input: Range, _: Scope) -> Result<OutputStream<'_, u32>> {
///         Ok(OutputStream::from_iter(self.0.iter().copied().take(input.until)))
///     }
/// }
/// ```
pub struct OutputStream<'a, T>(LocalBoxStream<'a, Result<T>>);

/// A text that reaches the client piece by piece. Published with `x-cog-array-display: concatenate`.
///
/// Like [`OutputStream`] it may borrow the predictor. Clients show its pieces joined, the API sends them as a list.
///
/// ```
/// use cog_core::{ConcatenateStream, Input, Predictor, Result, Scope, Setup};
///
/// #[derive(Input)]
/// struct Prompt {
///     prompt: String,
/// }
///
/// struct Echo {
///     ending: String,
/// }
///
/// impl Predictor for Echo {
///     type Input = Prompt;
///     type Output = ConcatenateStream<'static>;
///
///     async fn setup(_: &Setup) -> Result<Self> {
///         Ok(Self { ending: "!".to_owned() })
///     }
///
///     async fn predict(&self, input: Prompt, scope: Scope) -> Result<ConcatenateStream<'_>> {
///         Ok(ConcatenateStream::new(async_stream::try_stream! {
///             for word in input.prompt.split_inclusive(' ') {
///                 scope.increment_metric("words", 1)?;
///                 yield word.to_owned();
///             }
///             yield self.ending.clone();
///         }))
///     }
/// }
/// ```
pub struct ConcatenateStream<'a>(LocalBoxStream<'a, Result<String>>);

/// What a stream of `T` may yield: a `T`, or a `Result` of one.
pub trait IntoItem<T> {
    /// Converts into the item, or the error that fails the prediction.
    ///
    /// # Errors
    /// Returns the error that this value is.
    fn into_item(self) -> Result<T>;
}

impl<T: OutputValue> IntoItem<T> for T {
    fn into_item(self) -> Result<T> {
        Ok(self)
    }
}

/// Only for [`Error`] itself: with any error type, `?` inside `try_stream!` could not tell which one is meant.
impl<T> IntoItem<T> for Result<T, Error> {
    fn into_item(self) -> Self {
        self
    }
}

impl<'a, T: 'a> OutputStream<'a, T> {
    /// Wraps any stream of items.
    pub fn new<S>(stream: S) -> Self
    where
        S: Stream + 'a,
        S::Item: IntoItem<T>,
    {
        Self(stream.map(IntoItem::into_item).boxed_local())
    }

    /// Wraps an iterator, which may block: it runs on a thread that has nothing else to do.
    #[expect(clippy::should_implement_trait, reason = "`FromIterator` would collect, and could not borrow")]
    pub fn from_iter<I>(items: I) -> Self
    where
        I: IntoIterator<IntoIter: 'a, Item: IntoItem<T>>,
    {
        Self::new(stream::iter(items))
    }

    /// Returns the stream that is inside, for a test or a program that calls `predict` itself.
    #[must_use]
    pub fn into_inner(self) -> LocalBoxStream<'a, Result<T>> {
        self.0
    }
}

impl<'a> ConcatenateStream<'a> {
    /// Wraps any stream of texts.
    pub fn new<S>(stream: S) -> Self
    where
        S: Stream + 'a,
        S::Item: IntoItem<String>,
    {
        Self(stream.map(IntoItem::into_item).boxed_local())
    }

    /// Wraps an iterator, which may block: it runs on a thread that has nothing else to do.
    #[expect(clippy::should_implement_trait, reason = "`FromIterator` would collect, and could not borrow")]
    pub fn from_iter<I>(texts: I) -> Self
    where
        I: IntoIterator<IntoIter: 'a, Item: IntoItem<String>>,
    {
        Self::new(stream::iter(texts))
    }

    /// Returns the stream that is inside, for a test or a program that calls `predict` itself.
    #[must_use]
    pub fn into_inner(self) -> LocalBoxStream<'a, Result<String>> {
        self.0
    }
}

impl<T: OutputValue> Output for OutputStream<'static, T> {
    type Returned<'a> = OutputStream<'a, T>;

    fn schema() -> Schema {
        Schema::stream(T::schema(), StreamDisplay::Items)
    }
}

impl<'a, T: OutputValue> Deliver<'a> for OutputStream<'a, T> {
    fn into_items(self) -> Items<'a> {
        Items(ItemsKind::Many(self.0.map(|item| Encoded::of(item?)).boxed_local()))
    }
}

impl Output for ConcatenateStream<'static> {
    type Returned<'a> = ConcatenateStream<'a>;

    fn schema() -> Schema {
        Schema::stream(Schema::string(), StreamDisplay::Concatenate)
    }
}

impl<'a> Deliver<'a> for ConcatenateStream<'a> {
    fn into_items(self) -> Items<'a> {
        Items(ItemsKind::Many(self.0.map(|item| Encoded::of(item?)).boxed_local()))
    }
}

impl<T> fmt::Debug for OutputStream<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OutputStream").finish_non_exhaustive()
    }
}

impl fmt::Debug for ConcatenateStream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ConcatenateStream").finish_non_exhaustive()
    }
}
