//! Files that travel with a prediction: where they come from, where they go, what they are.
//!
//! A [`Path`] is a file as author code sees it. Before `predict`, every file of the input is brought into the prediction's own
//! directory; after it, every file of the output is given an URL. The directory goes when the prediction does. Nothing is sent over a
//! network here: the engine is handed those who can ([`Fetch`], [`Publish`]).

mod data_url;
mod fetch;
pub mod media_type;
mod path;
mod publish;
mod secured;

pub(crate) use self::fetch::fetch_all;
pub use self::fetch::{Fetch, FetchError, FetchRequest};
pub use self::path::Path;
pub(crate) use self::publish::to_data_url;
pub use self::publish::{Publish, PublishContent, PublishError, PublishRequest};
pub(crate) use self::secured::{Names, Secured};
