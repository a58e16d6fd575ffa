//! The checks that every change has to pass, in order.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::workspace::{Workspace, say};
use crate::{e2e, instructions, models, openapi, tools};

/// One check: its name on the command line, what it shows, and how.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&Workspace) -> Result<()>,
}

const STEPS: [Step; 12] = [
    Step { name: "test", about: "tests of all crates, and their examples in documentation", run: test },
    Step { name: "contract", about: "what of Cog's contract is shown, section by section", run: contract },
    Step { name: "fmt", about: "formatting", run: |it| it.cargo(["fmt", "--all", "--check"]) },
    Step { name: "clippy", about: "lints", run: clippy },
    Step { name: "doc", about: "documentation has no broken links", run: doc },
    Step { name: "deny", about: "licences, sources and duplicates of dependencies", run: deny },
    Step { name: "features", about: "each feature builds alone", run: features },
    Step {
        name: "no-candle",
        about: "nothing but models needs candle, or decodes recordings",
        run: no_candle,
    },
    Step { name: "instructions", about: "requests cost no more than they did", run: instructions::run },
    Step { name: "openapi", about: "servers answer as their OpenAPI documents say", run: openapi },
    Step { name: "guide", about: "the pages of `docs/guide`, followed to the letter", run: e2e::run_guide },
    Step {
        name: "e2e",
        about: "the examples as their users run them, commands of the README included",
        run: e2e,
    },
];

/// What was asked for on the command line.
#[derive(Default)]
pub(crate) struct Options {
    keep_going: bool,
    without_tests: bool,
    names: Vec<String>,
}

impl Options {
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        for argument in arguments {
            match *argument {
                "--keep-going" => options.keep_going = true,
                "--without-tests" => options.without_tests = true,
                name if STEPS.iter().any(|step| step.name == name) => options.names.push(name.to_owned()),
                other => bail!("no such step or option: `{other}`; the steps are\n{}", list()),
            }
        }
        Ok(options)
    }

    fn contains(&self, step: &Step) -> bool {
        let is_named = self.names.is_empty() || self.names.iter().any(|name| name == step.name);
        is_named && !(self.without_tests && step.name == "test")
    }
}

/// Runs the steps that the options select. Stops at the first that fails, unless told to keep going.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut times = String::new();
    let mut failed = Vec::new();
    for step in STEPS.iter().filter(|step| options.contains(step)) {
        say(format_args!("\n== {}: {}", step.name, step.about))?;
        let start = Instant::now();
        let result = (step.run)(workspace);
        let seconds = start.elapsed().as_secs_f64();
        let outcome = if result.is_ok() { "ok" } else { "FAILED" };
        say(format_args!("== {}: {outcome} in {seconds:.1} s", step.name))?;
        writeln!(times, "  {:<12} {outcome:<6} {seconds:>7.1} s", step.name)?;
        match result {
            Ok(()) => {}
            Err(error) if options.keep_going => {
                say(format_args!("error: {error:#}"))?;
                failed.push(step.name);
            }
            Err(error) => return Err(error.context(format!("step `{}` failed", step.name))),
        }
    }
    say(format_args!("\n{}", times.trim_end()))?;
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// The steps, one in a line.
pub(crate) fn list() -> String {
    let lines: Vec<String> = STEPS.iter().map(|step| format!("  {:<12} {}", step.name, step.about)).collect();
    lines.join("\n")
}

fn test(workspace: &Workspace) -> Result<()> {
    workspace.cargo(["test", "--workspace"])
}

/// The suite itself runs with the tests; this prints what it covers.
fn contract(workspace: &Workspace) -> Result<()> {
    workspace.cargo(["test", "-p", "contract", "--test", "statements", "--", "--nocapture"])
}

fn clippy(workspace: &Workspace) -> Result<()> {
    workspace.cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn doc(workspace: &Workspace) -> Result<()> {
    workspace.cargo_with(&[("RUSTDOCFLAGS", "-D warnings")], &["doc", "--workspace", "--no-deps"])
}

fn deny(workspace: &Workspace) -> Result<()> {
    tools::DENY.install(workspace)?;
    workspace.cargo(["deny", "check", "bans", "licenses", "sources"])
}

/// The features left out need a compiler or a library of somebody else's on the machine.
fn features(workspace: &Workspace) -> Result<()> {
    tools::HACK.install(workspace)?;
    let excluded = "cuda,cudnn,metal,mkl,flash-attn";
    workspace.cargo(["hack", "check", "--workspace", "--each-feature", "--exclude-features", excluded])
}

fn no_candle(workspace: &Workspace) -> Result<()> {
    for package in
        ["cog-core", "cog-macros", "cog-process", "cog-server", "contract", "hello-world", "many-inputs"]
    {
        let edges = "normal,build";
        let tree = workspace
            .output_of(["tree", "-p", package, "-e", edges, "--prefix", "none", "--target", "all"])?;
        ensure!(tree.contains(package), "`cargo tree -p {package}` does not begin with that crate");
        let is_for_models = |line: &&str| line.starts_with("candle") || line.starts_with("symphonia");
        if let Some(line) = tree.lines().find(is_for_models) {
            bail!("`{package}` depends on `{line}`; only models may");
        }
    }
    Ok(())
}

fn openapi(workspace: &Workspace) -> Result<()> {
    workspace.cargo(["build", "-p", "hello-world", "-p", "many-inputs"])?;
    openapi::run(workspace).context("see the logs of the servers in `target/openapi`")
}

fn e2e(workspace: &Workspace) -> Result<()> {
    models::run(&["classify", "embed", "generate", "samples", "transcribe"])?;
    workspace.cargo([
        "build",
        "--release",
        "-p",
        "hello-world",
        "-p",
        "upscale",
        "-p",
        "detect-speech",
        "-p",
        "classify",
        "-p",
        "embed",
        "-p",
        "generate",
        "-p",
        "transcribe",
    ])?;
    e2e::run(workspace).context("see the logs of the servers in `target/e2e`")
}
