//! What requests cost us in instructions, beside what they did cost.
//!
//! Times on a machine that others use say little about a change of some percent; instructions do not depend on the machine's mood. The tests in
//! `cog-server/src/http/instructions.rs` do one thing a number of times each. They are run under valgrind with two such numbers, and the
//! difference is what the rounds between cost, on all threads, without the start of the process, the test harness and whatever is done once.
//! A round that costs more than [`LIMIT`] percent above `instructions/baseline.json` is an error. It is there to be written anew when
//! more is worth it: with `XTASK_OVERWRITE=1`.
//!
//! What could move the counts, and does not:
//!
//! - Threads. Valgrind runs one at a time, but the kernel decides which is next, and whether one has fallen asleep before it is called is
//!   worth some percent of a prediction. So all share one core as a batch job, in which a thread that is woken waits until the other sleeps.
//!   Of some runs the median counts.
//! - Processors, of which libraries choose code to copy and search with. Valgrind lets programs see the same one wherever there is AVX2.
//! - The environment, which is empty but for the search path. Seeds of hash tables and addresses differ, and make less than a tenth of a percent.
//!
//! Another compiler or another `glibc` counts differently; the compiler of the baseline is noted in it.
//!
//! `gungraun`, the library for this, was not taken: what it counts has to be public, its baselines are profiles of valgrind's with paths of one
//! machine in them, and it needs a second program of two hundred crates.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::tools;
use crate::workspace::{Workspace, clean, say};

/// What is counted: the names of the tests.
const THINGS: [&str; 5] = ["a_typical_input", "a_prediction", "a_hundred_events", "a_webhook", "a_request"];

/// How many percent more is too much.
const LIMIT: f64 = 5.0;

/// The two numbers of rounds. The first is large enough for everything that is done once, or until it is warm.
const ROUNDS: [u64; 2] = [100, 600];

/// How many times each thing is counted.
const RUNS: usize = 3;

/// Counts everything and compares it with the baseline, or writes that.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    ensure!(cfg!(all(target_os = "linux", target_arch = "x86_64")), "the baseline is one of Linux on x86-64");
    tools::install_valgrind()?;
    let compiler = compiler()?;
    let tests = build(workspace)?;
    let directory = workspace.target.join("instructions");
    fs::create_dir_all(&directory)?;
    let mut counts = Vec::new();
    for name in THINGS {
        let profile = directory.join(name);
        let mut samples = (0..RUNS).map(|_| count(&tests, name, &profile)).collect::<Result<Vec<_>>>()?;
        samples.sort_unstable();
        counts.push((name, samples[RUNS / 2]));
    }

    let path = workspace.root.join("xtask/instructions/baseline.json");
    if std::env::var_os("XTASK_OVERWRITE").is_some() {
        let counts: serde_json::Map<_, _> =
            counts.into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
        let baseline = json!({ "compiler": compiler, "instructions": counts });
        fs::write(&path, format!("{baseline:#}\n"))?;
        return say(format_args!("{baseline:#}"));
    }
    let baseline: Value = serde_json::from_slice(&fs::read(&path)?)?;
    let report = Report::new(&counts, &baseline["instructions"])?;
    say(&report.table)?;
    let anew = "`XTASK_OVERWRITE=1 cargo xtask ci instructions` writes the baseline anew";
    if baseline["compiler"] != *compiler {
        say(format_args!("the baseline is one of {}, and this is {compiler}; {anew}", baseline["compiler"]))?;
    }
    if !report.less.is_empty() {
        say(format_args!("cheaper by more than {LIMIT} %: {}; {anew}", report.less.join(", ")))?;
    }
    if !report.more.is_empty() {
        bail!(
            "dearer by more than {LIMIT} %: {}; `callgrind_annotate` reads what is in `{}`; if it is worth it, {anew}",
            report.more.join(", "),
            directory.display()
        );
    }
    Ok(())
}

/// What the counts are beside the baseline.
#[derive(Debug)]
struct Report {
    table: String,
    more: Vec<&'static str>,
    less: Vec<&'static str>,
}

impl Report {
    fn new(counts: &[(&'static str, u64)], baseline: &Value) -> Result<Self> {
        let mut table = format!("{:<16} {:>10} {:>10} {:>9}", "instructions", "baseline", "now", "change");
        let (mut more, mut less) = (Vec::new(), Vec::new());
        for &(name, now) in counts {
            let before = baseline[name].as_u64().filter(|&before| before > 0);
            let before = before.with_context(|| format!("`{name}` is not in the baseline"))?;
            let change = (now as f64 - before as f64) * 100.0 / before as f64;
            write!(table, "\n{name:<16} {before:>10} {now:>10} {change:>+7.2} %")?;
            if change > LIMIT {
                more.push(name);
            } else if change < -LIMIT {
                less.push(name);
            }
        }
        Ok(Self { table, more, less })
    }
}

/// The compiler that cargo runs.
fn compiler() -> Result<String> {
    let output = clean("rustc").arg("--version").output().context("cannot run `rustc`")?;
    ensure!(output.status.success(), "`rustc --version` failed: {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Builds the tests of `cog-server` as it is released, and says where they are.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let messages = workspace.output_of([
        "test",
        "--release",
        "--no-run",
        "-p",
        "cog-server",
        "--lib",
        "--message-format=json-render-diagnostics",
    ])?;
    let mut messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let tests = messages.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    tests.context("cargo does not say where the tests of `cog-server` are")
}

/// Counts the instructions of one round. Valgrind's profile of the last run stays behind.
fn count(tests: &Path, name: &str, profile: &Path) -> Result<u64> {
    let [few, many] = ROUNDS.map(|rounds| total(tests, name, rounds, profile));
    let per_round = many?.checked_sub(few?).map(|difference| difference / (ROUNDS[1] - ROUNDS[0]));
    per_round.filter(|&count| count > 0).with_context(|| format!("more rounds of `{name}` do not cost more"))
}

fn total(tests: &Path, name: &str, rounds: u64, profile: &Path) -> Result<u64> {
    let output = Command::new("chrt")
        .args([
            "--batch",
            "0",
            "taskset",
            "--cpu-list",
            &core()?,
            "valgrind",
            "--tool=callgrind",
            "--fair-sched=yes",
        ])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(tests)
        .args(["--exact", &format!("http::instructions::{name}"), "--test-threads=1"])
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("COG_SERVER_ROUNDS", rounds.to_string())
        .output()
        .context("cannot run `taskset`, which is in the Debian package `util-linux`")?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && told.contains(" 1 passed"),
        "`{name}` failed under valgrind:\n{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let profile = fs::read_to_string(profile)?;
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: ")?.parse().ok());
    total.context("valgrind does not say how many instructions there were")
}

/// A processor that we may use.
fn core() -> Result<String> {
    let status = fs::read_to_string("/proc/self/status")?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let allowed = allowed.context("the kernel does not say which processors there are")?;
    Ok(allowed.trim().split(['-', ',']).next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_limit_is_too_much() {
        for (now, is_more, is_less) in [
            (1000, false, false),
            (1050, false, false),
            (1051, true, false),
            (950, false, false),
            (949, false, true),
        ] {
            let report = Report::new(&[("thing", now)], &json!({ "thing": 1000 })).unwrap();
            assert_eq!((!report.more.is_empty(), !report.less.is_empty()), (is_more, is_less), "{now}");
        }
    }

    #[test]
    fn what_is_not_in_the_baseline_is_an_error() {
        for baseline in [json!({}), json!({ "thing": 0 }), json!(null)] {
            let error = Report::new(&[("thing", 1)], &baseline).unwrap_err();
            assert_eq!(error.to_string(), "`thing` is not in the baseline");
        }
    }
}
