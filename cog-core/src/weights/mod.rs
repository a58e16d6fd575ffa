//! Weights: what names them, and how a name becomes a path on this machine.
//!
//! A path is looked at here. What has to be brought from elsewhere is the business of a [`WeightsStore`], which the engine is given: this
//! crate knows no network and no cache. Whoever asks gets the path of something that is there, or an error that names what is missing.
//! What may be secret in an URL is shown in no message.

mod hub;
mod sha256;
mod source;
mod store;

pub use self::hub::HubFile;
pub use self::sha256::{Sha256, Sha256Error};
pub use self::source::{NamedWeights, Weights, WeightsError};
pub(crate) use self::store::locate;
pub use self::store::{WeightsRequest, WeightsStore};

#[cfg(test)]
mod tests;
