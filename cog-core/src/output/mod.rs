//! Types that a predictor can return, and how they become JSON.
//!
//! [`OutputValue`] is any type of a value; [`Output`] is what `predict` returns: a value, or a stream of values that may borrow the
//! predictor. A value writes itself into an [`Encoder`]: JSON text in which each file leaves a hole, filled when the file has been
//! published. Nothing here reads a file or sends one.

mod encode;
mod stream;
mod values;

use futures::stream::LocalBoxStream;

pub(crate) use self::encode::Encoded;
pub use self::encode::{EncodeError, Encoder};
pub use self::stream::{ConcatenateStream, IntoItem, OutputStream};
use crate::error::Result;
use crate::schema::Schema;

/// A type that can be an output, or stand inside one.
///
/// Implemented for `String`, `bool`, integers and floats of every width, [`Path`](crate::Path), `serde_json::Value`,
/// [`Json`](crate::Json), `Option`, `Vec`, and maps with `String` keys; by `derive(Output)` for structs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an output",
    label = "not an output type",
    note = "outputs are `String`, `bool`, numbers, `cog_core::Path`, `serde_json::Value`, and `Option`, `Vec` and maps of these",
    note = "a struct needs `#[derive(cog_core::Output)]`; any type of `serde` and `schemars` can be wrapped in `cog_core::Json`"
)]
pub trait OutputValue: Sized + 'static {
    /// Describes the JSON that [`encode`](Self::encode) writes.
    fn schema() -> Schema;

    /// Writes this value as JSON.
    ///
    /// # Errors
    /// [`EncodeError`] for what JSON cannot carry, such as `NaN`.
    fn encode(self, encoder: &mut Encoder) -> Result<(), EncodeError>;
}

/// What [`predict`](crate::Predictor::predict) returns: an [`OutputValue`], an [`OutputStream`] or a [`ConcatenateStream`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the output of a predictor",
    label = "not an output type",
    note = "outputs are `String`, `bool`, numbers, `cog_core::Path`, `serde_json::Value`, `Vec` and maps of these, structs with `#[derive(cog_core::Output)]`, and the streams `OutputStream<'static, T>` and `ConcatenateStream<'static>`"
)]
pub trait Output: 'static {
    /// This type as a predictor returns it. For a stream, `'a` is the time for which it borrows the predictor.
    type Returned<'a>: Deliver<'a>;

    /// Describes the prediction's `output`.
    fn schema() -> Schema;
}

/// A returned output that can be turned into the items it consists of.
pub trait Deliver<'a> {
    /// Takes the output apart.
    fn into_items(self) -> Items<'a>;
}

/// The parts in which an output reaches its readers.
#[derive(Debug)]
pub struct Items<'a>(pub(crate) ItemsKind<'a>);

pub(crate) enum ItemsKind<'a> {
    One(Result<Encoded>),
    Many(LocalBoxStream<'a, Result<Encoded>>),
}

impl std::fmt::Debug for ItemsKind<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::One(_) => "One",
            Self::Many(_) => "Many",
        })
    }
}

impl<T: OutputValue> Output for T {
    type Returned<'a> = T;

    fn schema() -> Schema {
        T::schema()
    }
}

impl<'a, T: OutputValue> Deliver<'a> for T {
    fn into_items(self) -> Items<'a> {
        Items(ItemsKind::One(Encoded::of(self)))
    }
}
