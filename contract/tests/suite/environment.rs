//! Section 17: environment and flags.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::Server;

/// Contract 17.1, 17.2, 17.3.
#[test]
fn where_it_listens() {
    let server = Server::launch("value").env("PORT", "abc").ready();
    assert_eq!(server.address.ip().to_string(), "0.0.0.0", "the suite says a port, and no host");
    for (host, address) in [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1")] {
        let server = Server::launch("value").arg("--host").arg(host).listening();
        assert_eq!(server.address.ip().to_string(), address);
    }
    // It is taken by this test or by somebody else.
    let _taken = TcpListener::bind("0.0.0.0:5000");
    for variable in [None, Some("")] {
        let launch = Server::launch("value");
        let launch = variable.into_iter().fold(launch, |launch, port| launch.env("PORT", port));
        let output = launch.run();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("port 5000 is in use"), "{stderr}");
    }
}

/// Contract 17.4, 17.5.
#[test]
fn what_makes_no_sense_is_warned_of() {
    const VARIABLES: [&str; 8] = [
        "COG_MAX_CONCURRENCY",
        "COG_MAX_QUEUE",
        "COG_SETUP_TIMEOUT",
        "COG_ALLOW_PRIVATE_URLS",
        "COG_STREAM_HISTORY_CAPACITY",
        "COG_THROTTLE_RESPONSE_INTERVAL",
        "COG_LOG_LEVEL",
        "LOG_FORMAT",
    ];
    let set = |text: &str| {
        VARIABLES.iter().fold(Server::launch("value"), |launch, variable| launch.env(variable, text)).ready()
    };
    let server = set("nonsense");
    for variable in VARIABLES {
        let line = server.logged(&format!("`{variable}=nonsense` is not "));
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["level"], "WARN");
    }
    assert_eq!(server.predict(&json!({})).status, 200);
    let server = set("");
    server.logged("setup finished");
    assert!(!server.log().contains("WARN"), "{}", server.log());
}

/// Contract 17.6.
#[test]
fn what_only_cog_reads_is_warned_of_once() {
    const VARIABLES: [&str; 6] = [
        "COG_OBSERVABILITY_CONFIG",
        "COG_PREDICT_TYPE_STUB",
        "COG_TRACE_ENABLED",
        "COG_TRAIN_TYPE_STUB",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "SENTRY_DSN",
    ];
    let launch = VARIABLES.iter().fold(Server::launch("value"), |launch, name| launch.env(name, "set"));
    let server = launch.ready();
    let names = VARIABLES.join("`, `");
    server.logged(&format!("known from Cog, and without effect here: `{names}`"));
    assert_eq!(server.log().matches("WARN").count(), 1);
    assert_eq!(server.predict(&json!({})).status, 200);
}

/// Contract 17.7, 17.8, 17.12.
#[test]
fn flags_of_cog_are_understood() {
    let server = Server::launch("value").arg("--threads").arg("7").ready();
    assert_eq!(server.predict(&json!({})).status, 200);
    let printed = |flag: &str| {
        let output = Server::launch("value").arg(flag).run();
        assert_eq!(output.status.code(), Some(0), "{flag}");
        String::from_utf8(output.stdout).unwrap()
    };
    for flag in ["-v", "-V", "--version"] {
        assert_eq!(printed(flag), concat!("contract (cog-server ", env!("CARGO_PKG_VERSION"), ")\n"));
    }
    let help = printed("--help");
    let page = include_str!("../../../docs/environment.md");
    let (page, _) = page.split_once("## Known from Cog").unwrap();
    let variables: Vec<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert!(variables.len() > 10, "{variables:?}");
    for variable in variables {
        assert!(help.contains(&format!("\n  {variable}\n")), "{variable}");
    }
}

/// Contract 17.3, 17.9, 17.10.
#[test]
fn how_much_is_logged() {
    let logs_of = |level: &str, directives: &str| {
        let server = Server::launch("value").env("COG_LOG_LEVEL", level).env("RUST_LOG", directives);
        // A server that logs no `info` does not say where it listens; what ends at once says all the same.
        let output =
            server.env("SENTRY_DSN", "set").arg("--port").arg("0").arg("--host").arg("203.0.113.1").run();
        String::from_utf8(output.stderr).unwrap().contains("\"level\":\"WARN\"")
    };
    for (level, directives, warns) in [
        ("", "", true),
        ("debug", "", true),
        ("info", "", true),
        ("warn", "", true),
        ("WARNING", "", true),
        ("error", "", false),
        ("error", "warn", true),
        ("debug", "error", false),
        ("debug", "off", false),
        ("error", "cog_core=off,cog_server=warn", true),
    ] {
        assert_eq!(logs_of(level, directives), warns, "`{level}` and `{directives}`");
    }
    for (level, tells) in [("info", false), ("debug", true)] {
        let launch = Server::launch("value").env("COG_LOG_LEVEL", level).arg("--allow-private-urls");
        let server = launch.ready();
        // Connecting to somebody is what is told of then.
        server.predict(&json!({ "file": "http://127.0.0.1:1/" }));
        server.predict(&json!({ "steps": [{ "log": "last" }] }));
        server.logged("last");
        assert_eq!(server.log().contains("\"DEBUG\""), tells, "{level}");
    }
}

/// Contract 17.11.
#[test]
fn how_the_log_looks() {
    for (variable, value, is_json) in [
        ("LOG_FORMAT", "", true),
        ("LOG_FORMAT", "json", true),
        ("LOG_FORMAT", "console", false),
        ("LOG_FORMAT", "Console", false),
        ("COG_LOG_FORMAT", "console", true),
    ] {
        let server = Server::launch("value").env(variable, value).ready();
        let line = server.logged("setup finished");
        let parsed = serde_json::from_str::<Value>(&line);
        assert_eq!(parsed.is_ok(), is_json, "{variable}={value}: {line}");
    }
}
