//! From the texts that are set to values.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use cog_core::DevicePreference;

use super::variables::{
    COG_DEVICE, COG_LOG_LEVEL, COG_MAX_CONCURRENCY, COG_MAX_QUEUE, COG_SETUP_TIMEOUT,
    COG_STREAM_HISTORY_CAPACITY, COG_THROTTLE_RESPONSE_INTERVAL, COG_WEIGHTS_CACHE, COG_WEIGHTS_MAX_BYTES,
    HOME, LOG_FORMAT, RUST_LOG, Variable, XDG_CACHE_HOME, is_without_effect,
};
use crate::telemetry::LogFormat;

/// Reads one variable after the other.
pub(super) struct Reader<'a> {
    set: &'a HashMap<OsString, OsString>,
    pub(super) warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(set: &'a HashMap<OsString, OsString>) -> Self {
        Self { set, warnings: Vec::new() }
    }

    /// Warns once of everything that is meant for Cog's own server.
    pub(super) fn warn_of_what_has_no_effect(&mut self) {
        let set = self.set.iter().filter(|(_, value)| !value.is_empty());
        let mut names: Vec<_> =
            set.filter_map(|(name, _)| name.to_str()).filter(|name| is_without_effect(name)).collect();
        if !names.is_empty() {
            names.sort_unstable();
            self.warnings.push(format!("known from Cog, and without effect here: `{}`", names.join("`, `")));
        }
    }

    pub(super) fn text(&self, variable: Variable) -> Option<String> {
        self.named(variable.name)
    }

    fn named(&self, name: &str) -> Option<String> {
        let text = self.set.get(OsStr::new(name))?.to_string_lossy().into_owned();
        Some(text).filter(|text| !text.is_empty())
    }

    pub(super) fn proxy(&self, variable: Variable) -> Option<String> {
        self.named(&variable.name.to_ascii_lowercase()).or_else(|| self.text(variable))
    }

    pub(super) fn max_concurrency(&mut self) -> Option<NonZeroUsize> {
        let text = self.text(COG_MAX_CONCURRENCY)?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            self.warn(
                COG_MAX_CONCURRENCY,
                &text,
                "a positive whole number",
                "running 1 prediction at a time",
            );
        }
        Some(number.unwrap_or(NonZeroUsize::MIN))
    }

    pub(super) fn max_queue(&mut self) -> usize {
        let Some(text) = self.text(COG_MAX_QUEUE) else { return 0 };
        text.trim().parse().unwrap_or_else(|_| {
            self.warn(COG_MAX_QUEUE, &text, "a whole number", "letting nobody wait");
            0
        })
    }

    pub(super) fn device(&mut self) -> DevicePreference {
        let Some(text) = self.text(COG_DEVICE) else { return DevicePreference::default() };
        text.parse().unwrap_or_else(|_| {
            self.warn(
                COG_DEVICE,
                &text,
                "`auto`, `cpu`, `cuda`, `cuda:` and a number, or `metal`",
                "taking what there is",
            );
            DevicePreference::default()
        })
    }

    pub(super) fn setup_timeout(&mut self) -> Option<Duration> {
        let text = self.text(COG_SETUP_TIMEOUT)?;
        let seconds = text.trim().parse().ok().filter(|&seconds| seconds > 0);
        if seconds.is_none() {
            self.warn(COG_SETUP_TIMEOUT, &text, "a positive whole number of seconds", "setting no limit");
        }
        seconds.map(Duration::from_secs)
    }

    /// The first of these that is set says where, and the others where usually.
    pub(super) fn weights_root(&self) -> Option<PathBuf> {
        let path = |variable| self.text(variable).map(PathBuf::from);
        path(COG_WEIGHTS_CACHE).or_else(|| {
            let caches = path(XDG_CACHE_HOME).or_else(|| path(HOME).map(|home| home.join(".cache")))?;
            Some(caches.join("cog").join("weights"))
        })
    }

    pub(super) fn weights_max_bytes(&mut self) -> u64 {
        const DEFAULT: u64 = 256 << 30;
        let Some(text) = self.text(COG_WEIGHTS_MAX_BYTES) else { return DEFAULT };
        text.trim().parse().unwrap_or_else(|_| {
            self.warn(COG_WEIGHTS_MAX_BYTES, &text, "a whole number of bytes", "allowing 256 GiB");
            DEFAULT
        })
    }

    pub(super) fn is_true(&mut self, variable: Variable, default: bool, instead: &str) -> bool {
        let Some(text) = self.text(variable) else { return default };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.warn(variable, &text, "`true` or `false`", instead);
                default
            }
        }
    }

    pub(super) fn stream_history_capacity(&mut self) -> usize {
        const DEFAULT: usize = 1024;
        let Some(text) = self.text(COG_STREAM_HISTORY_CAPACITY) else { return DEFAULT };
        text.trim().parse().unwrap_or_else(|_| {
            self.warn(COG_STREAM_HISTORY_CAPACITY, &text, "a whole number", "keeping 1024 events");
            DEFAULT
        })
    }

    pub(super) fn throttle(&mut self) -> Duration {
        const DEFAULT: Duration = Duration::from_millis(500);
        let Some(text) = self.text(COG_THROTTLE_RESPONSE_INTERVAL) else { return DEFAULT };
        let interval = text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        interval.unwrap_or_else(|| {
            self.warn(COG_THROTTLE_RESPONSE_INTERVAL, &text, "a number of seconds", "waiting half a second");
            DEFAULT
        })
    }

    pub(super) fn log_filter(&mut self) -> Option<String> {
        if let Some(directives) = self.text(RUST_LOG) {
            return Some(directives);
        }
        let text = self.text(COG_LOG_LEVEL)?;
        let level = text.trim().to_ascii_lowercase();
        match level.as_str() {
            "trace" | "debug" | "info" | "warn" | "error" => Some(level),
            "warning" => Some("warn".to_owned()),
            _ => {
                self.warn(COG_LOG_LEVEL, &text, "`debug`, `info`, `warn` or `error`", "logging at `info`");
                None
            }
        }
    }

    pub(super) fn log_format(&mut self) -> Option<LogFormat> {
        let text = self.text(LOG_FORMAT)?;
        match text.trim().to_ascii_lowercase().as_str() {
            "json" => Some(LogFormat::Json),
            "console" => Some(LogFormat::Console),
            _ => {
                self.warn(LOG_FORMAT, &text, "`json` or `console`", "choosing as if it were not set");
                None
            }
        }
    }

    fn warn(&mut self, variable: Variable, text: &str, expected: &str, instead: &str) {
        self.warnings.push(format!("`{}={text}` is not {expected}: {instead}", variable.name));
    }
}
