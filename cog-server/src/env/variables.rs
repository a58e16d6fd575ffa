//! The environment variables that have a meaning, each declared once, with its documentation.

/// A variable that somebody may set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: &'static str,
    /// The flag that wins over it, if there is one.
    pub(crate) flag: Option<&'static str>,
    /// What holds when it is not set.
    pub(crate) default: &'static str,
    /// What it does: a full sentence.
    pub(crate) meaning: &'static str,
}

const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, flag: None, default, meaning }
}

impl Variable {
    const fn or_flag(self, flag: &'static str) -> Self {
        Self { flag: Some(flag), ..self }
    }
}

pub(super) const PORT: Variable = variable("PORT", "5000", "The port to listen on.").or_flag("--port");
pub(super) const COG_MAX_CONCURRENCY: Variable = variable(
    "COG_MAX_CONCURRENCY",
    "`concurrency.max` of `cog.yaml`, or the model's own number",
    "How many predictions may run at once. What is no positive whole number counts as 1.",
)
.or_flag("--max-concurrency");
pub(super) const COG_MAX_QUEUE: Variable = variable(
    "COG_MAX_QUEUE",
    "0",
    "How many predictions may wait for a slot; whoever comes when so many do is refused.",
)
.or_flag("--max-queue");
pub(super) const COG_WEIGHTS: Variable = variable(
    "COG_WEIGHTS",
    "the model's own",
    "Weights to load in place of the model's own: a path, an URL or `hf://owner/repo@revision/file`.",
)
.or_flag("--weights");
pub(super) const COG_DEVICE: Variable = variable(
    "COG_DEVICE",
    "auto",
    "The device that the model runs on: `auto` (CUDA if there is any, or else the CPU), `cpu`, `cuda`, `cuda:1` and so on, or `metal`.",
);
pub(super) const COG_WEIGHTS_CACHE: Variable = variable(
    "COG_WEIGHTS_CACHE",
    "`cog/weights` of `XDG_CACHE_HOME`",
    "The directory in which downloaded weights are kept.",
);
pub(super) const XDG_CACHE_HOME: Variable = variable(
    "XDG_CACHE_HOME",
    "`.cache` of `HOME`",
    "Where programs of this user keep what they can download again.",
);
pub(super) const HOME: Variable = variable(
    "HOME",
    "none",
    "The directory of this user, where `COG_WEIGHTS_CACHE` and `XDG_CACHE_HOME` are not set.",
);
pub(super) const COG_WEIGHTS_MAX_BYTES: Variable = variable(
    "COG_WEIGHTS_MAX_BYTES",
    "274877906944, which is 256 GiB",
    "The largest file of weights that is downloaded, in bytes.",
);
pub(super) const COG_OFFLINE: Variable = variable(
    "COG_OFFLINE",
    "false",
    "Whether weights that are not on this machine count as missing, and nobody is asked for them.",
);
pub(super) const HF_HUB_OFFLINE: Variable =
    variable("HF_HUB_OFFLINE", "false", "The same, by the name that other programs know.");
pub(super) const HF_ENDPOINT: Variable =
    variable("HF_ENDPOINT", "`https://huggingface.co`", "The model hub that `hf://` means.");
pub(super) const HF_TOKEN: Variable =
    variable("HF_TOKEN", "none", "A token of the model hub. It is sent there and nowhere else.");
pub(super) const COG_SETUP_TIMEOUT: Variable = variable(
    "COG_SETUP_TIMEOUT",
    "no limit",
    "How many seconds setup may take: a positive whole number, anything else is ignored.",
);
pub(super) const COG_USER_AGENT: Variable = variable(
    "COG_USER_AGENT",
    "`cog-server/` and the version",
    "The `User-Agent` of requests that fetch input files.",
);
pub(super) const COG_ALLOW_PRIVATE_URLS: Variable = variable(
    "COG_ALLOW_PRIVATE_URLS",
    "false",
    "Whether input files may come from private, loopback and link-local addresses.",
)
.or_flag("--allow-private-urls");
pub(super) const COG_STREAM_HISTORY_CAPACITY: Variable = variable(
    "COG_STREAM_HISTORY_CAPACITY",
    "1024",
    "How many events of a prediction are told again to clients that come late or come back; 0 for none.",
);
pub(super) const COG_THROTTLE_RESPONSE_INTERVAL: Variable = variable(
    "COG_THROTTLE_RESPONSE_INTERVAL",
    "0.5",
    "The shortest time between two webhooks about logs, in seconds.",
);
pub(super) const WEBHOOK_AUTH_TOKEN: Variable =
    variable("WEBHOOK_AUTH_TOKEN", "none", "A token that webhooks carry as `Authorization: Bearer`.");
pub(super) const COG_WEBHOOK_SECRET: Variable = variable(
    "COG_WEBHOOK_SECRET",
    "none",
    "A secret that webhooks are signed with as in Standard Webhooks: `whsec_` and at least 24 bytes in base64.",
);
pub(super) const COG_LOG_LEVEL: Variable = variable(
    "COG_LOG_LEVEL",
    "info",
    "The least important log lines to print: `debug`, `info`, `warn` or `error`.",
);
pub(super) const KUBERNETES_SERVICE_HOST: Variable = variable(
    "KUBERNETES_SERVICE_HOST",
    "not set",
    "Whatever it is set to, the file `/var/run/cog/ready` is there as long as the server is ready.",
);
pub(super) const RUST_LOG: Variable = variable(
    "RUST_LOG",
    "not set",
    "Which log lines to print, as directives such as `info,cog_core=debug`; wins over `COG_LOG_LEVEL`.",
);
pub(super) const LOG_FORMAT: Variable = variable(
    "LOG_FORMAT",
    "`console` on a terminal, else `json`",
    "How log lines look: `json` for machines, `console` for people.",
);
pub(super) const COG_CAPTURE_OUTPUT: Variable = variable(
    "COG_CAPTURE_OUTPUT",
    "true",
    "Whether what the model prints becomes logs of its prediction. `false` leaves it alone, so that the last words before a crash in native code are not lost.",
);
pub(super) const NO_COLOR: Variable =
    variable("NO_COLOR", "not set", "Whatever it is set to, nothing is printed in colour.");
pub(super) const HTTP_PROXY: Variable = variable(
    "HTTP_PROXY",
    "none",
    "The proxy to fetch `http:` URLs through. Lower case works too, and wins.",
);
pub(super) const HTTPS_PROXY: Variable = variable(
    "HTTPS_PROXY",
    "none",
    "The proxy to fetch `https:` URLs through. Lower case works too, and wins.",
);
pub(super) const ALL_PROXY: Variable = variable(
    "ALL_PROXY",
    "none",
    "The proxy for URLs that have none of their own. Lower case works too, and wins.",
);
pub(super) const NO_PROXY: Variable = variable(
    "NO_PROXY",
    "none",
    "Hosts, domains and networks, separated by commas, that are reached without a proxy. Lower case works too, and wins.",
);

/// Every variable that is read, in the order in which they are documented.
pub(crate) const VARIABLES: &[Variable] = &[
    PORT,
    COG_MAX_CONCURRENCY,
    COG_MAX_QUEUE,
    COG_WEIGHTS,
    COG_DEVICE,
    COG_WEIGHTS_CACHE,
    XDG_CACHE_HOME,
    HOME,
    COG_WEIGHTS_MAX_BYTES,
    COG_OFFLINE,
    HF_HUB_OFFLINE,
    HF_ENDPOINT,
    HF_TOKEN,
    COG_SETUP_TIMEOUT,
    COG_USER_AGENT,
    COG_ALLOW_PRIVATE_URLS,
    COG_STREAM_HISTORY_CAPACITY,
    COG_THROTTLE_RESPONSE_INTERVAL,
    WEBHOOK_AUTH_TOKEN,
    COG_WEBHOOK_SECRET,
    KUBERNETES_SERVICE_HOST,
    COG_LOG_LEVEL,
    RUST_LOG,
    LOG_FORMAT,
    COG_CAPTURE_OUTPUT,
    NO_COLOR,
    HTTP_PROXY,
    HTTPS_PROXY,
    ALL_PROXY,
    NO_PROXY,
];

/// What Cog's own server reads and this one does not: names, or with a star what they begin with, and why not.
pub(crate) const WITHOUT_EFFECT: &[(&[&str], &str)] = &[
    (
        &["COG_PREDICT_TYPE_STUB", "COG_TRAIN_TYPE_STUB"],
        "They name the Python code to load. Here the model is part of the program.",
    ),
    (
        &["SENTRY_DSN", "SENTRY_RELEASE", "SENTRY_ENVIRONMENT"],
        "Errors are not reported to Sentry; they are in the log.",
    ),
    (
        &[
            "COG_TRACE_ENABLED",
            "COG_TRACE_HEADER",
            "COG_TRACE_HEADER_FORMAT",
            "COG_TRACE_SAMPLER",
            "COG_TRACE_SAMPLER_ARG",
            "COG_OBSERVABILITY_CONFIG",
            "OTEL_*",
        ],
        "Traces are not exported. The trace headers of a request go along with its webhooks, whatever is set.",
    ),
];

/// Tells whether Cog's own server reads this variable and this one does not.
pub(super) fn is_without_effect(name: &str) -> bool {
    WITHOUT_EFFECT.iter().flat_map(|(names, _)| *names).any(|known| match known.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *known,
    })
}
