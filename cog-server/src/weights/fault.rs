//! Why a transfer has failed, and whether asking again may help.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::retry;

/// The longest wait that a server can make us wait.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// A reason, in words that hold no secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Fault {
    message: String,
    pub(super) again: Again,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    /// After the usual delay.
    Later,
    /// After the time that the server has asked for.
    After(Duration),
    /// From the beginning: the file is another one than before.
    Anew,
}

impl Fault {
    pub(super) fn new(message: impl Into<String>, again: Again) -> Self {
        Self { message: message.into(), again }
    }

    /// A file that is another one than before.
    pub(super) fn changed() -> Self {
        Self::new("the file has changed while it was fetched", Again::Anew)
    }

    /// The same with more to say.
    pub(super) fn and(self, more: impl std::fmt::Display) -> Self {
        Self { message: format!("{}{more}", self.message), ..self }
    }

    /// The same, if trying again may help after all.
    pub(super) fn for_later(self) -> Self {
        Self { again: Again::Later, ..self }
    }

    /// A server that cannot be talked to.
    pub(super) fn broken(host: &str, error: &reqwest::Error) -> Self {
        let message = if error.is_builder() {
            return Self::new("the request cannot be made: is `HF_TOKEN` a token?", Again::Never);
        } else if error.is_connect() {
            // Two levels down is what the system says.
            format!("could not connect to `{host}`: {}", innermost(error))
        } else if error.is_timeout() {
            format!("`{host}` has stopped sending")
        } else {
            format!("the connection to `{host}` broke off")
        };
        Self::new(message, Again::Later)
    }

    /// When to try again a request that was answered with this status.
    pub(super) fn again_after(status: u16, headers: &HeaderMap) -> Again {
        match status {
            408 | 429 | 500.. => {
                retry::after(headers).map_or(Again::Later, |wait| Again::After(wait.min(MAX_RETRY_AFTER)))
            }
            _ => Again::Never,
        }
    }
}

/// The last of the causes. Those before may repeat the URL.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}
