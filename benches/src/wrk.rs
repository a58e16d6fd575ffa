//! wrk, a client that others wrote, if it is installed: what it finds must not depend on ours.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

/// Tells whether it is there.
pub(crate) fn is_installed() -> bool {
    // It has no other way to end at once, and calls that a failure.
    Command::new("wrk").arg("--version").output().is_ok()
}

/// Sends the prediction with this body over so many connections, and returns how many have succeeded in a second.
pub(crate) fn drive(
    body: &str,
    address: SocketAddr,
    connections: usize,
    lasts: Duration,
) -> anyhow::Result<f64> {
    let mut script = tempfile::Builder::new().suffix(".lua").tempfile()?;
    writeln!(script, "wrk.method = \"POST\"\nwrk.headers[\"content-type\"] = \"application/json\"")?;
    writeln!(script, "wrk.body = [==[{body}]==]")?;
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{}s", lasts.as_secs().max(1)), "--script"])
        .arg(script.path())
        .arg(format!("http://{address}/predictions"))
        .output()
        .context("cannot start `wrk`")?;
    let report = String::from_utf8(output.stdout)?;
    per_second(&report).with_context(|| format!("`wrk` reports no throughput: {report}"))
}

fn per_second(report: &str) -> anyhow::Result<f64> {
    ensure!(!report.contains("Non-2xx"), "some requests were refused");
    ensure!(!report.contains("Socket errors"), "some connections broke");
    let figure = report.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    Ok(figure.context("no line of it")?.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_successes_are_a_throughput() {
        let report = "Running 1s test\n  100 requests in 1.00s, 38.5KB read\nRequests/sec:   1234.50\nTransfer/sec: 1MB\n";
        assert_eq!(per_second(report).unwrap(), 1234.5);
        per_second(&report.replace("Requests/sec", "  Non-2xx or 3xx responses: 4\nRequests/sec"))
            .unwrap_err();
        per_second(&report.replace("Requests/sec", "  Socket errors: read 4\nRequests/sec")).unwrap_err();
        per_second("").unwrap_err();
    }
}
