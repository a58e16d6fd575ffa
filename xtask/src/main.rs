//! Development tasks: `cargo xtask ci` runs what must hold before a change lands, `cargo xtask e2e` the built programs.

mod ci;
mod e2e;
mod shell;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <TASK>

Tasks:
  ci [STEP...]  Run every check, or only the steps that are named; `ci --list` names them
  e2e           Run the built programs as a user would (a step of `ci`)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["ci", steps @ ..] => ci::run(steps),
        ["e2e"] => e2e::run(),
        _ => {
            shell::say(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
