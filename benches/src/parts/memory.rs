//! Whether the memory of a server grows while it works.
//!
//! A million predictions by 32 connections on 32 slots, and the resident memory after the first 100,000 of them and after the last. The same
//! where predictions are kept for those who ask later, so that there is something to be forgotten, and where requests of 8 MiB come in
//! between, as memory that was taken once need not be given back.
//!
//! Slots that have worked last work next, so some of them may rest for long, and a thread takes memory when it works for the first time: a
//! stack, and its share of the allocator. So that nobody takes that for a leak, each slot has to work once before anything is counted. What
//! the process has of its own is told besides what is resident, which has more or less of its binary's pages in it as the system sees fit.
//! glibc keeps some of what a thread has freed for that thread; a run without these caches tells what they make of it.

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{anyhow, ensure};
use serde_json::json;

use crate::child::Server;
use crate::http::{self, Connection};
use crate::load::{self, Until};
use crate::models;
use crate::report::{Bound, OURS, RATIO, Report};

const CONNECTIONS: usize = models::SLOTS;

/// After how many predictions the memory is looked at.
const STEP: usize = 100_000;

/// How much it may grow.
const BOUND: Bound = Bound::AtMost(1.02);

const LARGE: usize = 8 << 20;

/// One way to keep a server at work.
struct Case {
    name: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// Variables of the server.
    variables: &'static [(&'static str, &'static str)],
    predictions: usize,
    /// How many large requests each of eight clients sends before the last step.
    large: usize,
}

const WAITED_FOR: Case =
    Case { name: "waited for", headers: &[], variables: &[], predictions: 1_000_000, large: 0 };

const CASES: [Case; 4] = [
    WAITED_FOR,
    Case {
        name: "waited for, no caches in glibc",
        variables: &[("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")],
        ..WAITED_FOR
    },
    // A reply does not say that the prediction is over, so some are refused.
    Case { name: "kept", headers: &[("prefer", "respond-async")], predictions: 300_000, ..WAITED_FOR },
    Case { name: "with large ones in between", predictions: 300_000, large: 8, ..WAITED_FOR },
];

pub(super) fn measure(programs: &[PathBuf], report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = programs.first() else { return Ok(()) };
    CASES.iter().try_for_each(|case| case.measure(program, report))
}

impl Case {
    fn measure(&self, program: &Path, report: &mut Report) -> anyhow::Result<()> {
        let server = Server::start(program, models::GREETER, &[], self.variables)?;
        let together = http::prediction(&json!({ "text": "all", "together": true }), &[]);
        at_once(CONNECTIONS, || {
            let (status, _) = ask(&mut Connection::open(server.address())?, &together)?;
            ensure!(status == 200, "a request was answered with {status}");
            Ok(())
        })?;
        let request = http::prediction(&json!({ "text": "world" }), self.headers);
        let work = |predictions| -> anyhow::Result<(u64, u64, usize)> {
            let outcome = load::drive(&request, server.address(), CONNECTIONS, Until::Replies(predictions))?;
            Ok((server.resident_memory()?, server.own_memory()?, outcome.refused))
        };
        let (first, own_first, refused) = work(STEP)?;
        let (.., refused_between) = work(self.predictions - 2 * STEP)?;
        if self.large > 0 {
            self.send_large(&server)?;
        }
        let (last, own_last, refused_last) = work(STEP)?;
        let mut part = report.part("memory");
        let what = |figure: &str| format!("{} predictions, {}: {figure}", self.predictions, self.name);
        let mebibytes = |bytes| bytes as f64 / f64::from(1 << 20);
        part.add(what("after the first 100,000"), OURS, mebibytes(first), "MiB");
        part.add(what("after the last 100,000"), OURS, mebibytes(last), "MiB");
        part.hold(what("last over first"), OURS, last as f64 / first as f64, RATIO, BOUND);
        let grown = own_last.saturating_sub(own_first) as f64 / 1024.0;
        part.add(what("growth of what is the process's own"), OURS, grown, "KiB");
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
        at_once(8, || {
            let mut connection = Connection::open(server.address())?;
            for _ in 0..self.large {
                let (status, length) = ask(&mut connection, &request)?;
                ensure!(status == 200 && length > LARGE as u64, "a large request was answered with {status}");
            }
            Ok(())
        })
    }
}

fn ask(connection: &mut Connection, request: &[u8]) -> anyhow::Result<(u16, u64)> {
    connection.send(request)?;
    connection.skim()
}

/// Runs so many clients at the same time.
fn at_once(count: usize, client: impl Fn() -> anyhow::Result<()> + Sync) -> anyhow::Result<()> {
    thread::scope(|threads| {
        let clients: Vec<_> = (0..count).map(|_| threads.spawn(&client)).collect();
        clients.into_iter().try_for_each(|client| client.join().map_err(|_| anyhow!("a client panicked"))?)
    })
}
