//! Values that must not be shown.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// What is printed in place of a secret, as Cog prints it.
pub(crate) const MASK: &str = "**********";

/// A text that is never printed, logged or sent back: an API key, a password.
///
/// Its memory is overwritten when it is dropped. There is no way to publish one: it cannot be an output, and its only default is
/// none at all, for an `Option<Secret>`.
///
/// ```
/// let key = cog_core::Secret::from("hunter2");
/// assert_eq!(format!("{key:?} {key}"), "********** **********");
/// assert_eq!(key.expose(), "hunter2");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Returns the text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}
