//! The environment variables that are read, each declared once.
//!
//! [`VARIABLES`] is the list that documentation is written from; [`read`] turns a lookup into an [`Environment`]. Reading depends on
//! nothing but the lookup, and tells what it could not use as data: when it runs, logging has not begun. A variable that is empty counts
//! as one that is not set.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::telemetry::LogFormat;

/// A variable that somebody may set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// What holds when it is not set.
    pub(crate) default: &'static str,
    /// What it does: a full sentence.
    pub(crate) meaning: &'static str,
}

const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning }
}

const PORT: Variable = variable("PORT", "5000", "The port to listen on; `--port` wins.");
const COG_MAX_CONCURRENCY: Variable = variable(
    "COG_MAX_CONCURRENCY",
    "the model's own number",
    "How many predictions may run at once; `--max-concurrency` wins. What is no positive whole number counts as 1.",
);
const COG_WEIGHTS: Variable = variable(
    "COG_WEIGHTS",
    "the model's own",
    "A path or an URL of weights to load in place of the model's own; `--weights` wins.",
);
const COG_SETUP_TIMEOUT: Variable = variable(
    "COG_SETUP_TIMEOUT",
    "no limit",
    "How many seconds setup may take: a positive whole number, anything else is ignored.",
);
const COG_USER_AGENT: Variable = variable(
    "COG_USER_AGENT",
    "`cog-server/` and the version",
    "The `User-Agent` of requests that fetch input files.",
);
const COG_ALLOW_PRIVATE_URLS: Variable = variable(
    "COG_ALLOW_PRIVATE_URLS",
    "false",
    "Whether input files may come from private, loopback and link-local addresses; `--allow-private-urls` wins.",
);
const COG_STREAM_HISTORY_CAPACITY: Variable = variable(
    "COG_STREAM_HISTORY_CAPACITY",
    "1024",
    "How many events of a prediction are kept for readers that come late or are slow.",
);
const COG_THROTTLE_RESPONSE_INTERVAL: Variable = variable(
    "COG_THROTTLE_RESPONSE_INTERVAL",
    "0.5",
    "The shortest time between two webhooks about logs, in seconds.",
);
const WEBHOOK_AUTH_TOKEN: Variable =
    variable("WEBHOOK_AUTH_TOKEN", "none", "A token that webhooks carry as `Authorization: Bearer`.");
const COG_WEBHOOK_SECRET: Variable = variable(
    "COG_WEBHOOK_SECRET",
    "none",
    "A secret that webhooks are signed with as in Standard Webhooks: `whsec_` and at least 24 bytes in base64.",
);
const COG_LOG_LEVEL: Variable = variable(
    "COG_LOG_LEVEL",
    "info",
    "The least important log lines to print: `debug`, `info`, `warn` or `error`.",
);
const RUST_LOG: Variable = variable(
    "RUST_LOG",
    "not set",
    "Which log lines to print, as directives such as `info,cog_core=debug`; wins over `COG_LOG_LEVEL`.",
);
const LOG_FORMAT: Variable = variable(
    "LOG_FORMAT",
    "`console` on a terminal, else `json`",
    "How log lines look: `json` for machines, `console` for people.",
);
const NO_COLOR: Variable =
    variable("NO_COLOR", "not set", "Whatever it is set to, nothing is printed in colour.");
const HTTP_PROXY: Variable = variable(
    "HTTP_PROXY",
    "none",
    "The proxy to fetch `http:` URLs through. Lower case works too, and wins.",
);
const HTTPS_PROXY: Variable = variable(
    "HTTPS_PROXY",
    "none",
    "The proxy to fetch `https:` URLs through. Lower case works too, and wins.",
);
const ALL_PROXY: Variable = variable(
    "ALL_PROXY",
    "none",
    "The proxy for URLs that have none of their own. Lower case works too, and wins.",
);
const NO_PROXY: Variable = variable(
    "NO_PROXY",
    "none",
    "Hosts, domains and networks, separated by commas, that are reached without a proxy. Lower case works too, and wins.",
);

/// Every variable that is read, in the order in which they are documented.
pub(crate) const VARIABLES: &[Variable] = &[
    PORT,
    COG_MAX_CONCURRENCY,
    COG_WEIGHTS,
    COG_SETUP_TIMEOUT,
    COG_USER_AGENT,
    COG_ALLOW_PRIVATE_URLS,
    COG_STREAM_HISTORY_CAPACITY,
    COG_THROTTLE_RESPONSE_INTERVAL,
    WEBHOOK_AUTH_TOKEN,
    COG_WEBHOOK_SECRET,
    COG_LOG_LEVEL,
    RUST_LOG,
    LOG_FORMAT,
    NO_COLOR,
    HTTP_PROXY,
    HTTPS_PROXY,
    ALL_PROXY,
    NO_PROXY,
];

/// What the environment says. Where nothing is said, and no default is the same for everybody, a member is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// The text of `PORT`: only who listens needs it to be a port.
    port: Option<String>,
    pub(crate) max_concurrency: Option<NonZeroUsize>,
    pub(crate) weights: Option<String>,
    pub(crate) setup_timeout: Option<Duration>,
    pub(crate) user_agent: Option<String>,
    pub(crate) allows_private_urls: bool,
    pub(crate) stream_history_capacity: usize,
    pub(crate) throttle: Duration,
    pub(crate) webhook_token: Option<String>,
    pub(crate) webhook_secret: Option<String>,
    pub(crate) log_filter: Option<String>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) is_colored: bool,
    pub(crate) proxies: Proxies,
    /// What was set and could not be used, and what holds instead: one sentence each.
    pub(crate) warnings: Vec<String>,
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

/// Reads every variable with `lookup`.
pub(crate) fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Environment {
    let mut reader = Reader { lookup, warnings: Vec::new() };
    Environment {
        port: reader.text(PORT),
        max_concurrency: reader.max_concurrency(),
        weights: reader.text(COG_WEIGHTS),
        setup_timeout: reader.setup_timeout(),
        user_agent: reader.text(COG_USER_AGENT),
        allows_private_urls: reader.allows_private_urls(),
        stream_history_capacity: reader.stream_history_capacity(),
        throttle: reader.throttle(),
        webhook_token: reader.text(WEBHOOK_AUTH_TOKEN),
        webhook_secret: reader.text(COG_WEBHOOK_SECRET),
        log_filter: reader.log_filter(),
        log_format: reader.log_format(),
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

struct Reader<F> {
    lookup: F,
    warnings: Vec<String>,
}

impl<F: Fn(&str) -> Option<OsString>> Reader<F> {
    fn text(&self, variable: Variable) -> Option<String> {
        self.named(variable.name)
    }

    fn named(&self, name: &str) -> Option<String> {
        let text = (self.lookup)(name)?.to_string_lossy().into_owned();
        Some(text).filter(|text| !text.is_empty())
    }

    fn proxy(&self, variable: Variable) -> Option<String> {
        self.named(&variable.name.to_ascii_lowercase()).or_else(|| self.text(variable))
    }

    fn max_concurrency(&mut self) -> Option<NonZeroUsize> {
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

    fn setup_timeout(&mut self) -> Option<Duration> {
        let text = self.text(COG_SETUP_TIMEOUT)?;
        let seconds = text.trim().parse().ok().filter(|&seconds| seconds > 0);
        if seconds.is_none() {
            self.warn(COG_SETUP_TIMEOUT, &text, "a positive whole number of seconds", "setting no limit");
        }
        seconds.map(Duration::from_secs)
    }

    fn allows_private_urls(&mut self) -> bool {
        let Some(text) = self.text(COG_ALLOW_PRIVATE_URLS) else { return false };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => true,
            "false" | "0" | "no" | "off" => false,
            _ => {
                self.warn(COG_ALLOW_PRIVATE_URLS, &text, "`true` or `false`", "allowing none");
                false
            }
        }
    }

    fn stream_history_capacity(&mut self) -> usize {
        const DEFAULT: usize = 1024;
        let Some(text) = self.text(COG_STREAM_HISTORY_CAPACITY) else { return DEFAULT };
        text.trim().parse().unwrap_or_else(|_| {
            self.warn(COG_STREAM_HISTORY_CAPACITY, &text, "a whole number", "keeping 1024 events");
            DEFAULT
        })
    }

    fn throttle(&mut self) -> Duration {
        const DEFAULT: Duration = Duration::from_millis(500);
        let Some(text) = self.text(COG_THROTTLE_RESPONSE_INTERVAL) else { return DEFAULT };
        let interval = text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        interval.unwrap_or_else(|| {
            self.warn(COG_THROTTLE_RESPONSE_INTERVAL, &text, "a number of seconds", "waiting half a second");
            DEFAULT
        })
    }

    fn log_filter(&mut self) -> Option<String> {
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

    fn log_format(&mut self) -> Option<LogFormat> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(pairs: &[(&str, &str)]) -> Environment {
        read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    #[track_caller]
    fn check<T: PartialEq + std::fmt::Debug>(
        (name, value): (&str, &str),
        read: impl Fn(&Environment) -> T,
        expected: T,
        warning: &[&str],
    ) {
        let environment = reading(&[(name, value)]);
        let warnings: Vec<&str> = environment.warnings.iter().map(String::as_str).collect();
        assert_eq!((read(&environment), warnings), (expected, warning.to_vec()), "{name}={value}");
    }

    #[test]
    fn nothing_set_is_the_defaults() {
        let environment = reading(&[]);
        assert_eq!(environment.port(), Ok(5000));
        assert_eq!(environment.max_concurrency, None);
        assert_eq!(environment.stream_history_capacity, 1024);
        assert!(!environment.allows_private_urls);
        assert!(environment.is_colored);
        assert!(environment.warnings.is_empty());
        let empty: Vec<_> = VARIABLES.iter().map(|variable| (variable.name, "")).collect();
        assert_eq!(reading(&empty), environment, "an empty variable counts as not set");
    }

    #[test]
    fn numbers() {
        let slots = |environment: &Environment| environment.max_concurrency.map(NonZeroUsize::get);
        let one = ["0", "-1", "many", "1.5"];
        for junk in one {
            let warning = format!(
                "`COG_MAX_CONCURRENCY={junk}` is not a positive whole number: running 1 prediction at a time"
            );
            check(("COG_MAX_CONCURRENCY", junk), slots, Some(1), &[&warning]);
        }
        check(("COG_MAX_CONCURRENCY", " 4 "), slots, Some(4), &[]);

        let timeout = |environment: &Environment| environment.setup_timeout.map(|limit| limit.as_secs());
        for junk in ["0", "1.5", "-3", "soon"] {
            let warning = format!(
                "`COG_SETUP_TIMEOUT={junk}` is not a positive whole number of seconds: setting no limit"
            );
            check(("COG_SETUP_TIMEOUT", junk), timeout, None, &[&warning]);
        }
        check(("COG_SETUP_TIMEOUT", "90"), timeout, Some(90), &[]);

        let capacity = |environment: &Environment| environment.stream_history_capacity;
        check(("COG_STREAM_HISTORY_CAPACITY", "0"), capacity, 0, &[]);
        check(
            ("COG_STREAM_HISTORY_CAPACITY", "lots"),
            capacity,
            1024,
            &["`COG_STREAM_HISTORY_CAPACITY=lots` is not a whole number: keeping 1024 events"],
        );
    }

    #[test]
    fn a_port_that_is_none_is_an_error_for_who_needs_it() {
        check(("PORT", "8080"), Environment::port, Ok(8080), &[]);
        for junk in ["abc", "-1", "65536", "80 80"] {
            check(("PORT", junk), Environment::port, Err(InvalidPort(junk.to_owned())), &[]);
        }
    }

    #[test]
    fn logging() {
        let filter = |environment: &Environment| environment.log_filter.clone();
        check(("COG_LOG_LEVEL", "Warning"), filter, Some("warn".to_owned()), &[]);
        check(
            ("COG_LOG_LEVEL", "loud"),
            filter,
            None,
            &["`COG_LOG_LEVEL=loud` is not `debug`, `info`, `warn` or `error`: logging at `info`"],
        );
        let both = reading(&[("RUST_LOG", "cog_core=trace"), ("COG_LOG_LEVEL", "error")]);
        assert_eq!(both.log_filter.as_deref(), Some("cog_core=trace"));
        let format = |environment: &Environment| environment.log_format;
        check(("LOG_FORMAT", "console"), format, Some(LogFormat::Console), &[]);
        check(("LOG_FORMAT", "json"), format, Some(LogFormat::Json), &[]);
        check(
            ("LOG_FORMAT", "xml"),
            format,
            None,
            &["`LOG_FORMAT=xml` is not `json` or `console`: choosing as if it were not set"],
        );
        check(("NO_COLOR", "1"), |environment| environment.is_colored, false, &[]);
    }

    #[test]
    fn private_urls_and_proxies() {
        let allowed = |environment: &Environment| environment.allows_private_urls;
        for (text, expected) in [("true", true), ("1", true), ("FALSE", false), ("off", false)] {
            check(("COG_ALLOW_PRIVATE_URLS", text), allowed, expected, &[]);
        }
        check(
            ("COG_ALLOW_PRIVATE_URLS", "perhaps"),
            allowed,
            false,
            &["`COG_ALLOW_PRIVATE_URLS=perhaps` is not `true` or `false`: allowing none"],
        );
        let proxies = reading(&[("HTTP_PROXY", "a"), ("http_proxy", "b"), ("HTTPS_PROXY", "c")]).proxies;
        assert_eq!((proxies.http.as_deref(), proxies.https.as_deref()), (Some("b"), Some("c")));
    }

    #[test]
    fn each_variable_is_declared_once_and_described() {
        let names: std::collections::HashSet<_> = VARIABLES.iter().map(|variable| variable.name).collect();
        assert_eq!(names.len(), VARIABLES.len());
        assert!(VARIABLES.iter().all(|variable| variable.meaning.ends_with('.')));
    }
}
