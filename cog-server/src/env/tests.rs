//! Reading, variable by variable.

use super::variables::WITHOUT_EFFECT;
use super::*;

fn reading(pairs: &[(&str, &str)]) -> Environment {
    read(&pairs.iter().map(|(name, value)| (name.into(), value.into())).collect())
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
    let queue = |environment: &Environment| environment.max_queue;
    for junk in ["-1", "1.5", "many"] {
        let warning = format!("`COG_MAX_QUEUE={junk}` is not a whole number: letting nobody wait");
        check(("COG_MAX_QUEUE", junk), queue, 0, &[&warning]);
    }
    check(("COG_MAX_QUEUE", " 8 "), queue, 8, &[]);

    let timeout = |environment: &Environment| environment.setup_timeout.map(|limit| limit.as_secs());
    for junk in ["0", "1.5", "-3", "soon"] {
        let warning =
            format!("`COG_SETUP_TIMEOUT={junk}` is not a positive whole number of seconds: setting no limit");
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
fn a_device() {
    let device = |environment: &Environment| environment.device;
    check(("COG_DEVICE", "cpu"), device, DevicePreference::Cpu, &[]);
    check(("COG_DEVICE", "cuda:1"), device, DevicePreference::Cuda(1), &[]);
    check(
        ("COG_DEVICE", "gpu"),
        device,
        DevicePreference::Auto,
        &[
            "`COG_DEVICE=gpu` is not `auto`, `cpu`, `cuda`, `cuda:` and a number, or `metal`: taking what there is",
        ],
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
    let captures = |environment: &Environment| environment.captures_output;
    check(("COG_CAPTURE_OUTPUT", "false"), captures, false, &[]);
    check(
        ("COG_CAPTURE_OUTPUT", "some"),
        captures,
        true,
        &["`COG_CAPTURE_OUTPUT=some` is not `true` or `false`: capturing it"],
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
fn weights() {
    for (set, root) in [
        (&[][..], None),
        (&[("HOME", "/home/ada")], Some("/home/ada/.cache/cog/weights")),
        (&[("HOME", "/home/ada"), ("XDG_CACHE_HOME", "/cache")], Some("/cache/cog/weights")),
        (&[("COG_WEIGHTS_CACHE", "/w"), ("XDG_CACHE_HOME", "/cache")], Some("/w")),
    ] {
        assert_eq!(reading(set).weights_store.root, root.map(PathBuf::from), "{set:?}");
    }
    let offline = |environment: &Environment| environment.weights_store.is_offline;
    check(("COG_OFFLINE", "1"), offline, true, &[]);
    check(("HF_HUB_OFFLINE", "true"), offline, true, &[]);
    check(("COG_OFFLINE", "0"), offline, false, &[]);
    let warning = "`COG_OFFLINE=maybe` is not `true` or `false`: asking for what is missing";
    check(("COG_OFFLINE", "maybe"), offline, false, &[warning]);
    let most = |environment: &Environment| environment.weights_store.max_bytes;
    check(("COG_WEIGHTS_MAX_BYTES", "1000"), most, 1000, &[]);
    let warning = "`COG_WEIGHTS_MAX_BYTES=1GB` is not a whole number of bytes: allowing 256 GiB";
    check(("COG_WEIGHTS_MAX_BYTES", "1GB"), most, 256 << 30, &[warning]);
}

#[test]
fn each_variable_is_declared_once_and_described() {
    let names: std::collections::HashSet<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(names.len(), VARIABLES.len());
    assert!(VARIABLES.iter().all(|variable| variable.meaning.ends_with('.')));
}

#[test]
fn what_is_meant_for_cogs_own_server_is_warned_of_once() {
    let set = [("OTEL_SERVICE_NAME", "x"), ("COG_PREDICT_TYPE_STUB", "run.py:Runner"), ("SENTRY_DSN", "")];
    let warning = "known from Cog, and without effect here: `COG_PREDICT_TYPE_STUB`, `OTEL_SERVICE_NAME`";
    assert_eq!(reading(&set).warnings, [warning]);
    for name in WITHOUT_EFFECT.iter().flat_map(|(names, _)| *names) {
        assert_eq!(reading(&[(&name.replace('*', "ANY"), "x")]).warnings.len(), 1, "{name}");
    }
}

#[test]
fn a_platform_that_looks_for_it_gets_a_file() {
    let file = |environment: &Environment| environment.ready_file.clone();
    check(("KUBERNETES_SERVICE_HOST", "10.0.0.1"), file, Some("/var/run/cog/ready".into()), &[]);
}
