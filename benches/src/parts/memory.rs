//! Whether the memory of a server grows while it works.
//!
//! A million predictions by 32 connections on 32 slots, and the resident memory after the first 100,000 of them and after the last. The same
//! where predictions are kept for those who ask later, so that there is something to be forgotten, and where requests of 8 MiB come in
//! between, as memory that was taken once need not be given back.
//!
//! glibc keeps some of what a thread has freed for that thread. Here one thread takes memory and another gives it back, so these caches go on
//! filling, more and more slowly, while the server itself holds no more than before. A run without them tells the one from the other.

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::ensure;
use serde_json::json;

use crate::child::Server;
use crate::http::{self, Connection};
use crate::load::{self, Until};
use crate::models;
use crate::report::{Bound, OURS, RATIO, Report};

const CONNECTIONS: usize = 32;

/// After how many predictions the memory is looked at.
const STEP: usize = 100_000;

/// How much it may grow.
const BOUND: Bound = Bound::AtMost(1.02);

const LARGE: usize = 8 << 20;

/// One way to keep a server at work.
struct Case {
    name: &'static str,
    slots: usize,
    headers: &'static [(&'static str, &'static str)],
    /// Variables of the server.
    variables: &'static [(&'static str, &'static str)],
    predictions: usize,
    /// How many large requests each of eight clients sends before the last step.
    large: usize,
}

const WAITED_FOR: Case = Case {
    name: "waited for",
    slots: CONNECTIONS,
    headers: &[],
    variables: &[],
    predictions: 1_000_000,
    large: 0,
};

const CASES: [Case; 4] = [
    WAITED_FOR,
    Case {
        name: "waited for, no caches in glibc",
        variables: &[("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")],
        ..WAITED_FOR
    },
    // With slots to spare, as a reply does not say that the prediction is over.
    Case {
        name: "kept",
        slots: 4 * CONNECTIONS,
        headers: &[("prefer", "respond-async")],
        predictions: 300_000,
        ..WAITED_FOR
    },
    Case { name: "with large ones in between", predictions: 300_000, large: 8, ..WAITED_FOR },
];

pub(super) fn measure(programs: &[PathBuf], report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = programs.first() else { return Ok(()) };
    CASES.iter().try_for_each(|case| case.measure(program, report))
}

impl Case {
    fn measure(&self, program: &Path, report: &mut Report) -> anyhow::Result<()> {
        let arguments = ["--max-concurrency", &self.slots.to_string()];
        let server = Server::start(program, models::HELLO, &arguments, self.variables)?;
        let request = http::prediction(&json!({ "text": "world" }), self.headers);
        let work = |predictions| -> anyhow::Result<(u64, usize)> {
            let outcome = load::drive(&request, server.address(), CONNECTIONS, Until::Replies(predictions))?;
            Ok((server.resident_memory()?, outcome.refused))
        };
        let (first, refused) = work(STEP)?;
        let (_, refused_between) = work(self.predictions - 2 * STEP)?;
        if self.large > 0 {
            self.send_large(&server)?;
        }
        let (last, refused_last) = work(STEP)?;
        let mut part = report.part("memory");
        let what = |figure: &str| format!("{} predictions, {}: {figure}", self.predictions, self.name);
        let mebibytes = |bytes| bytes as f64 / f64::from(1 << 20);
        part.add(what("after the first 100,000"), OURS, mebibytes(first), "MiB");
        part.add(what("after the last 100,000"), OURS, mebibytes(last), "MiB");
        part.hold(what("last over first"), OURS, last as f64 / first as f64, RATIO, BOUND);
        let refused = (refused + refused_between + refused_last) as f64;
        if self.headers.is_empty() {
            part.hold(what("refused"), OURS, refused, "replies", Bound::AtMost(0.0));
        } else {
            part.add(what("refused"), OURS, refused, "replies");
        }
        Ok(())
    }

    fn send_large(&self, server: &Server) -> anyhow::Result<()> {
        let request = http::prediction(&json!({ "text": "x".repeat(LARGE) }), &[]);
        let client = || -> anyhow::Result<()> {
            let mut connection = Connection::open(server.address())?;
            for _ in 0..self.large {
                connection.send(&request)?;
                let (status, length) = connection.skim()?;
                ensure!(status == 200 && length > LARGE as u64, "a large request was answered with {status}");
            }
            Ok(())
        };
        thread::scope(|threads| {
            let clients: Vec<_> = (0..8).map(|_| threads.spawn(client)).collect();
            clients
                .into_iter()
                .try_for_each(|client| client.join().map_err(|_| anyhow::anyhow!("a client panicked"))?)
        })
    }
}
