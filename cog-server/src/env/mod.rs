//! The environment variables that are read, each declared once.
//!
//! `variables` is the list, which the help and `docs/environment.md` are written from; [`read`] turns what is set into an
//! [`Environment`]. Reading depends on nothing else, and tells what it could not use as data: when it runs, logging has not begun. A
//! variable that is empty counts as one that is not set.

#[cfg(test)]
mod document;
mod reader;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::HashMap;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use cog_core::DevicePreference;

use self::reader::Reader;
pub(crate) use self::variables::VARIABLES;
use self::variables::{
    ALL_PROXY, COG_ALLOW_PRIVATE_URLS, COG_CAPTURE_OUTPUT, COG_OFFLINE, COG_USER_AGENT, COG_WEBHOOK_SECRET,
    COG_WEIGHTS, HF_ENDPOINT, HF_HUB_OFFLINE, HF_TOKEN, HTTP_PROXY, HTTPS_PROXY, KUBERNETES_SERVICE_HOST,
    NO_COLOR, NO_PROXY, PORT, WEBHOOK_AUTH_TOKEN,
};
use crate::telemetry::LogFormat;

/// What the environment says. Where nothing is said, and no default is the same for everybody, a member is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The text of `PORT`: only who listens needs it to be a port.
    port: Option<String>,
    pub(crate) max_concurrency: Option<NonZeroUsize>,
    pub(crate) max_queue: usize,
    pub(crate) weights: Option<String>,
    pub(crate) device: DevicePreference,
    pub(crate) weights_store: WeightsStore,
    pub(crate) setup_timeout: Option<Duration>,
    pub(crate) user_agent: Option<String>,
    pub(crate) allows_private_urls: bool,
    pub(crate) stream_history_capacity: usize,
    pub(crate) throttle: Duration,
    pub(crate) webhook_token: Option<String>,
    pub(crate) webhook_secret: Option<String>,
    /// The file that tells a platform that the server is ready.
    pub(crate) ready_file: Option<PathBuf>,
    pub(crate) log_filter: Option<String>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) captures_output: bool,
    pub(crate) is_colored: bool,
    pub(crate) proxies: Proxies,
    /// What was set and could not be used, and what holds instead: one sentence each.
    pub(crate) warnings: Vec<String>,
}

/// Where weights are kept, and whence they come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WeightsStore {
    /// `None` on a machine where nobody is at home.
    pub(crate) root: Option<PathBuf>,
    pub(crate) max_bytes: u64,
    pub(crate) is_offline: bool,
    pub(crate) hub_endpoint: Option<String>,
    pub(crate) hub_token: Option<String>,
}

/// Through whom to reach the network, as the environment puts it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    pub(crate) http: Option<String>,
    pub(crate) https: Option<String>,
    pub(crate) all: Option<String>,
    pub(crate) no_proxy: Option<String>,
}

/// A `PORT` that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`PORT={0}` is not a port: set it to a number from 0 to 65535")]
pub(crate) struct InvalidPort(String);

impl Environment {
    /// The port to listen on.
    ///
    /// # Errors
    /// [`InvalidPort`]: a server on another port than the one that was asked for helps nobody.
    pub(crate) fn port(&self) -> Result<u16, InvalidPort> {
        let port = self.port.as_deref().unwrap_or(PORT.default).trim();
        port.parse().map_err(|_| InvalidPort(port.to_owned()))
    }
}

/// Reads every variable among those that are set.
pub(crate) fn read(set: &HashMap<OsString, OsString>) -> Environment {
    let mut reader = Reader::new(set);
    reader.warn_of_what_has_no_effect();
    Environment {
        port: reader.text(PORT),
        max_concurrency: reader.max_concurrency(),
        max_queue: reader.max_queue(),
        weights: reader.text(COG_WEIGHTS),
        device: reader.device(),
        weights_store: WeightsStore {
            root: reader.weights_root(),
            max_bytes: reader.weights_max_bytes(),
            is_offline: [COG_OFFLINE, HF_HUB_OFFLINE]
                .map(|variable| reader.is_true(variable, false, "asking for what is missing"))
                .contains(&true),
            hub_endpoint: reader.text(HF_ENDPOINT),
            hub_token: reader.text(HF_TOKEN),
        },
        setup_timeout: reader.setup_timeout(),
        user_agent: reader.text(COG_USER_AGENT),
        allows_private_urls: reader.is_true(COG_ALLOW_PRIVATE_URLS, false, "allowing none"),
        stream_history_capacity: reader.stream_history_capacity(),
        throttle: reader.throttle(),
        webhook_token: reader.text(WEBHOOK_AUTH_TOKEN),
        webhook_secret: reader.text(COG_WEBHOOK_SECRET),
        ready_file: reader.text(KUBERNETES_SERVICE_HOST).map(|_| PathBuf::from("/var/run/cog/ready")),
        log_filter: reader.log_filter(),
        log_format: reader.log_format(),
        captures_output: reader.is_true(COG_CAPTURE_OUTPUT, true, "capturing it"),
        is_colored: reader.text(NO_COLOR).is_none(),
        proxies: Proxies {
            http: reader.proxy(HTTP_PROXY),
            https: reader.proxy(HTTPS_PROXY),
            all: reader.proxy(ALL_PROXY),
            no_proxy: reader.proxy(NO_PROXY),
        },
        warnings: reader.warnings,
    }
}
