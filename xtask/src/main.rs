//! Development tasks of this repository.
//!
//! Run with: `cargo xtask help`
//!
//! - `ci` is the list of checks that every change has to pass.
//! - `e2e` runs the example servers as their users do, and what the README and the guide say; it is the end of that list.
//! - `bench` measures, beside servers that are not ours.
//! - `models` fetches the weights of the examples.
//! - `cuda` type-checks what is built for CUDA where there is none.
//! - `instructions` counts what requests cost us, and compares it with what they did cost.
//! - `openapi` has the OpenAPI documents judged by programs that are not ours.
//! - `picture` makes the picture of the README.
//! - `workspace` knows where things are and runs commands, `tools` and `python` install those that
//!   cargo does not bring along.

mod bench;
mod ci;
mod cuda;
mod e2e;
mod instructions;
mod models;
mod openapi;
mod picture;
mod python;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::workspace::{Workspace, say};

const HELP: &str = "\
Development tasks of this repository

Usage:
  cargo xtask ci [--keep-going] [--without-tests] [STEP]...
  cargo xtask bench [--write-docs] [--part PART]... [--rounds N] [--seconds SECONDS]
  cargo xtask models [NAME]...
  cargo xtask cuda-check
  cargo xtask picture
  cargo xtask help

`ci` runs the steps that are named, or all of them in this order:
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody left to tell if this fails.
            let _ = say(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["ci", options @ ..] => ci::run(&Workspace::find()?, &ci::Options::parse(options)?),
        ["bench", options @ ..] => bench::run(&Workspace::find()?, options),
        ["models", names @ ..] => models::run(names),
        ["cuda-check"] => cuda::check(&Workspace::find()?),
        ["picture"] => picture::make(&Workspace::find()?),
        [] | ["help" | "--help" | "-h"] => say(format_args!("{HELP}{}", ci::list())),
        _ => bail!("no such task: `{}`; `cargo xtask help` lists them", arguments.join(" ")),
    }
}
