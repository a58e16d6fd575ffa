//! Everything that must hold before a change lands, in one list.

use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::e2e;
use crate::shell::{self, command, read, say, target};

/// The tools that are installed here if they are missing: name and version.
const TOOLS: [(&str, &str); 2] = [("cargo-deny", "0.20.2"), ("cargo-hack", "0.6.46")];

struct Step {
    name: &'static str,
    meaning: &'static str,
    run: fn() -> Result<()>,
}

const STEPS: [Step; 8] = [
    Step { name: "test", meaning: "every test, doc tests included", run: test },
    Step { name: "fmt", meaning: "the formatting", run: format },
    Step { name: "clippy", meaning: "the lints, warnings being errors", run: clippy },
    Step { name: "doc", meaning: "the documentation, warnings being errors", run: document },
    Step { name: "light", meaning: "no tensor library where none is asked for", run: light },
    Step { name: "deny", meaning: "licences, sources and duplicates of dependencies", run: deny },
    Step { name: "features", meaning: "each feature by itself", run: features },
    Step { name: "e2e", meaning: "the programs, run as a user would", run: end_to_end },
];

/// Entry of `cargo xtask ci`.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["--list"] => {
            for step in &STEPS {
                say(&format!("{:<10}{}", step.name, step.meaning));
            }
            Ok(())
        }
        ["--without-tests"] => {
            let names: Vec<_> = STEPS.iter().map(|step| step.name).filter(|name| *name != "test").collect();
            run_steps(&names)
        }
        names => run_steps(names),
    }
}

/// Runs the steps that are named, or all of them.
fn run_steps(names: &[&str]) -> Result<()> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        bail!("there is no step `{unknown}`; `cargo xtask ci --list` names them");
    }
    for step in STEPS.iter().filter(|step| names.is_empty() || names.contains(&step.name)) {
        say(&format!("\n=== {}: {}", step.name, step.meaning));
        let began = Instant::now();
        (step.run)().with_context(|| format!("step `{}`", step.name))?;
        say(&format!("=== {} passed in {:.0} s", step.name, began.elapsed().as_secs_f64()));
    }
    Ok(())
}

fn cargo(arguments: &[&str]) -> Result<()> {
    say(&format!("$ cargo {}", arguments.join(" ")));
    shell::run(command("cargo", arguments))
}

fn test() -> Result<()> {
    cargo(&["test", "--workspace"])
}

fn format() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])
}

fn clippy() -> Result<()> {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

fn document() -> Result<()> {
    say("$ RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps");
    let mut doc = command("cargo", &["doc", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    shell::run(doc)
}

/// The framework, and an example without tensors, must build without a tensor library.
fn light() -> Result<()> {
    for package in ["cog-core", "cog-server", "hello-world"] {
        let arguments = ["tree", "--package", package, "--edges", "normal,build", "--prefix", "none"];
        say(&format!("$ cargo {}", arguments.join(" ")));
        let tree = String::from_utf8(read(command("cargo", &arguments))?)?;
        if let Some(found) = tree.lines().find(|line| line.starts_with("candle") || line.starts_with("gemm"))
        {
            bail!("`{package}` depends on {found}");
        }
    }
    Ok(())
}

fn deny() -> Result<()> {
    // Advisories need a database that cannot be fetched everywhere; the rest is what this repository decides.
    tool("cargo-deny", &["--workspace", "check", "bans", "licenses", "sources"])
}

fn features() -> Result<()> {
    tool(
        "cargo-hack",
        &["hack", "check", "--workspace", "--each-feature", "--no-dev-deps", "--exclude-features", "cuda"],
    )
}

fn end_to_end() -> Result<()> {
    cargo(&["build", "--release", "--package", "hello-world", "--package", "upscale"])?;
    e2e::run()
}

/// Runs a tool in the version that is pinned, installing it first if need be.
fn tool(name: &str, arguments: &[&str]) -> Result<()> {
    let (_, version) =
        TOOLS.iter().find(|(tool, _)| *tool == name).context("the tool has no pinned version")?;
    let folder = target().join("tools").join(format!("{name}-{version}"));
    let program = folder.join("bin").join(name);
    if !program.exists() {
        let place = folder.display().to_string();
        cargo(&["install", "--locked", "--debug", "--version", version, "--root", &place, name])?;
    }
    say(&format!("$ {name} {}", arguments.join(" ")));
    shell::run(command(program, arguments))
}
