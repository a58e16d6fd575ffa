//! Large files, in and out.
//!
//! A file of 100 MB comes from a server in this process, or stands in the request as a `data:` URL; one of the disk is uploaded to a server
//! in this process, or stands in the reply as a `data:` URL. A body has at most 100 MiB, so the file in the request is smaller. The model
//! touches none of them. Beside it, a bare handler reads into memory, or sends from it, as many bytes as are on the wire: that is what
//! the machine allows, and not what could be asked of a server that also encodes, decodes and writes to a disk. Each case has new servers, so
//! that the most memory they have had is the case's own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::child::{self, Server};
use crate::http::{self, Connection};
use crate::options::Options;
use crate::report::{OURS, RATIO, Report};
use crate::statistics::median;
use crate::{models, web};

const SIZE: usize = 100_000_000;

/// The largest file that fits into a request, and a round number.
const SIZE_IN_REQUEST: usize = 75_000_000;

/// How often each is asked; the last time counts.
const TIMES: usize = 2;

struct Case {
    name: &'static str,
    /// How large the file is, in bytes.
    size: usize,
    /// What the server is told besides.
    arguments: Vec<String>,
    input: Value,
    /// Which way the file goes, and with how many bytes.
    wire: Wire,
}

#[derive(Clone, Copy)]
enum Wire {
    In(usize),
    Out(usize),
}

struct Sample {
    /// Megabytes of the file in a second.
    speed: f64,
    /// Megabytes.
    peak: f64,
}

pub(super) fn measure(programs: &[PathBuf], options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = programs.first() else { return Ok(()) };
    let bare = child::this_program()?;
    let directory = tempfile::tempdir()?;
    for case in Case::all(directory.path())? {
        let mut rounds = Vec::with_capacity(options.rounds);
        for _ in 0..options.rounds {
            rounds.push((case.bare(&bare)?, case.own(program)?));
        }
        let mut part = report.part("files");
        let what = |figure: &str| format!("{}: {figure}", case.name);
        let over = |figure: &dyn Fn(&(Sample, Sample)) -> f64| median(rounds.iter().map(figure));
        part.add(what("throughput"), "bare", over(&|(bare, _)| bare.speed), "MB/s");
        part.add(what("throughput"), OURS, over(&|(_, own)| own.speed), "MB/s");
        part.add(what("throughput over bare"), OURS, over(&|(bare, own)| own.speed / bare.speed), RATIO);
        part.add(what("most memory"), "bare", over(&|(bare, _)| bare.peak), "MB");
        part.add(what("most memory"), OURS, over(&|(_, own)| own.peak), "MB");
    }
    Ok(())
}

impl Case {
    fn all(directory: &Path) -> anyhow::Result<[Self; 4]> {
        let web = web::serve(SIZE, None)?;
        let returned = directory.join("file.bin");
        std::fs::write(&returned, vec![7; SIZE])?;
        let returned = json!({ "returned": returned });
        let in_base64 = |size: usize| size.div_ceil(3) * 4;
        let url = ["data:application/octet-stream;base64,", &"BwcH".repeat(SIZE_IN_REQUEST / 3)].concat();
        Ok([
            Self {
                name: "100 MB in, from an URL",
                size: SIZE,
                arguments: vec!["--allow-private-urls=true".to_owned()],
                input: json!({ "file": format!("{web}file.bin") }),
                wire: Wire::In(SIZE),
            },
            Self {
                name: "75 MB in, in the request",
                size: SIZE_IN_REQUEST,
                arguments: Vec::new(),
                input: json!({ "file": url }),
                wire: Wire::In(in_base64(SIZE_IN_REQUEST)),
            },
            Self {
                name: "100 MB out, uploaded",
                size: SIZE,
                arguments: vec!["--upload-url".to_owned(), web],
                input: returned.clone(),
                wire: Wire::Out(SIZE),
            },
            Self {
                name: "100 MB out, in the reply",
                size: SIZE,
                arguments: Vec::new(),
                input: returned,
                wire: Wire::Out(in_base64(SIZE)),
            },
        ])
    }

    fn bare(&self, program: &Path) -> anyhow::Result<Sample> {
        let server = Server::bare(program)?;
        let (request, expected) = match self.wire {
            Wire::In(length) => (http::request("POST", "/bytes", &[], &"x".repeat(length)), None),
            Wire::Out(length) => (http::request("GET", &format!("/bytes/{length}"), &[], ""), Some(length)),
        };
        self.ask(&server, |connection| {
            connection.send(&request)?;
            let (status, length) = connection.skim()?;
            let is_whole = expected.is_none_or(|expected| length == expected as u64);
            ensure!(status == 200 && is_whole, "the bare handler answered with {status}");
            Ok(())
        })
    }

    fn own(&self, program: &Path) -> anyhow::Result<Sample> {
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let server = Server::model(program, models::FILES, &arguments)?;
        let request = http::prediction(&self.input, &[]);
        let is_large = matches!(self.wire, Wire::Out(length) if length > self.size);
        self.ask(&server, |connection| {
            if is_large {
                connection.send(&request)?;
                let (status, length) = connection.skim()?;
                ensure!(status == 200 && length > self.size as u64, "it was answered with {status}");
                return Ok(());
            }
            let prediction = connection.ask(&request)?;
            let is_there = match self.wire {
                Wire::In(_) => prediction["output"]["length"] == self.size,
                Wire::Out(_) => prediction["output"]["file"].is_string(),
            };
            ensure!(is_there, "it came to {prediction}");
            Ok(())
        })
    }

    fn ask(
        &self,
        server: &Server,
        ask: impl Fn(&mut Connection) -> anyhow::Result<()>,
    ) -> anyhow::Result<Sample> {
        let mut connection = Connection::open(server.address())?;
        let mut seconds = f64::NAN;
        for _ in 0..TIMES {
            let begun = Instant::now();
            ask(&mut connection).with_context(|| self.name)?;
            seconds = begun.elapsed().as_secs_f64();
        }
        let peak = server.peak_memory()? as f64 / 1e6;
        Ok(Sample { speed: self.size as f64 / 1e6 / seconds, peak })
    }
}
