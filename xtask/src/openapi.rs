//! The OpenAPI documents, judged by programs that are not ours.
//!
//! `openapi-spec-validator` reads them. `schemathesis` reads nothing else and asks a running server all that a document allows and much
//! that it does not: the server has to answer as the document says, and afterwards as before. `openapi/schemathesis.toml` says what is
//! checked and which exceptions there are, with their reasons.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::e2e::{Bench, Server};
use crate::python::Python;
use crate::workspace::Workspace;

const SERVERS: [&str; 2] = ["hello-world", "many-inputs"];

/// How clients ask: what they accept, and the settings of schemathesis for that.
const CLIENTS: [(&str, &[&str]); 2] = [
    ("JSON", &[]),
    (
        "streams of events",
        &[
            "--header",
            "Accept: text/event-stream",
            "--include-path-regex",
            "^/predictions",
            "--phases",
            "fuzzing",
        ],
    ),
];

/// Runs all checks. The debug binaries have to be there.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let python = Python::install(workspace, "openapi")?;
    let bench = Bench::new(workspace, "debug", "openapi")?;
    for name in SERVERS {
        bench.check(&format!("the document of `{name}` is valid"), || validate(&bench, &python, name))?;
        let mut server = Server::start(&bench, name)?;
        server.wait_until_ready()?;
        for (accepted, options) in CLIENTS {
            let claim = format!("`{name}` answers as its document says to clients that want {accepted}");
            bench.check(&claim, || drive(&bench, &python, &server, options))?;
        }
        bench.check(&format!("`{name}` has its slot free after all that"), || {
            server.wait_until_ready()?;
            Ok(((), String::new()))
        })?;
    }
    Ok(())
}

/// Judges the document that the command line prints.
fn validate(bench: &Bench<'_>, python: &Python, name: &str) -> Result<((), String)> {
    let output = Command::new(bench.binary(name)).arg("schema").stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "`{name} schema` failed: {}", output.status);
    let document = bench.scratch.join(format!("{name}.json"));
    std::fs::write(&document, output.stdout)?;
    let verdict =
        python.command("openapi-spec-validator").arg("--schema").arg("3.0").arg(&document).output()?;
    ensure!(verdict.status.success(), "{}", text(&verdict.stdout));
    Ok(((), String::new()))
}

/// Lets schemathesis ask the server. Its report is the error if an answer is not as the document says.
fn drive(bench: &Bench<'_>, python: &Python, server: &Server, options: &[&str]) -> Result<((), String)> {
    let settings = bench.workspace.root.join("xtask/openapi");
    let output = python
        .command("schemathesis")
        // It writes beside itself what it wants to remember.
        .current_dir(&bench.scratch)
        .env("SCHEMATHESIS_HOOKS", settings.join("hooks.py"))
        .arg("--config-file")
        .arg(settings.join("schemathesis.toml"))
        .args(["run", "--no-color"])
        .args(options)
        .arg(format!("http://{}/openapi.json", server.address))
        .stderr(Stdio::inherit())
        .output()?;
    let report = text(&output.stdout);
    ensure!(output.status.success(), "{report}");
    // A run that asks nothing would pass as well.
    let cases =
        report.lines().map(str::trim).find(|line| line.ends_with(" passed") && line.contains(" generated, "));
    let cases = cases.context("schemathesis does not say how many cases there were")?;
    let count: u32 = cases.split(' ').next().unwrap_or_default().parse()?;
    ensure!(count >= 50, "only {cases}");
    Ok(((), cases.to_owned()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
