//! Whether the memory of a server grows while it works.
//!
//! A million predictions by 32 connections on 32 slots, and the resident memory after the first 100,000 of them and after the last. The same
//! of a bare handler, as what hyper and the allocator do grows as well; of a server that keeps predictions for those who ask later, so that
//! there is something to be forgotten; and of one to which requests of 8 MiB come in between, as memory that was taken once need not be
//! given back.
//!
//! Slots that have worked last work next, so some of them may rest for long, and a thread takes memory when it works for the first time: a
//! stack, and its share of the allocator. So that nobody takes that for a leak, each slot has to work once before anything is counted. What
//! the process has of its own is told besides what is resident, which has more or less of its binary's pages in it as the system sees fit.
//! Memory is looked at when the server has rested for a while, as ours gives back then what the C library keeps for nobody, which the bare
//! handler does not; what each has at the end of the load is told besides. glibc keeps some of what a thread has freed for that thread; a run without these caches tells what
//! they make of it. It also keeps large pieces once such pieces have come and gone; a run in which it may not tells what is left then.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use serde_json::json;

use crate::bare;
use crate::child::Server;
use crate::http::{self, Connection};
use crate::load::{self, Until};
use crate::models;
use crate::options::Options;
use crate::report::{Bound, OURS, Report};
use crate::statistics::median;

const CONNECTIONS: usize = models::SLOTS;

/// After how many predictions the memory is looked at.
const STEP: usize = 100_000;

/// How much it may grow where nothing but the number of predictions can make it grow, in percent.
const BOUND: Bound = Bound::AtMost(2.0);

const LARGE: usize = 8 << 20;

/// How long a server rests before it is looked at: it has to rest for five seconds, and looks every five whether it did, see
/// `cog-server/src/cli/rest.rs`.
const REST: Duration = Duration::from_secs(12);

/// One way to keep a server at work.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    whose: &'static str,
    /// The server's name.
    server: &'static str,
    headers: &'static [(&'static str, &'static str)],
    /// Variables of the server.
    variables: &'static [(&'static str, &'static str)],
    predictions: usize,
    /// How many large requests each of eight clients sends before the last step.
    large: usize,
    bound: Option<Bound>,
}

const WAITED_FOR: Case = Case {
    name: "waited for",
    whose: OURS,
    server: models::GREETER,
    headers: &[],
    variables: &[],
    predictions: 1_000_000,
    large: 0,
    bound: Some(BOUND),
};

const WITH_LARGE: Case =
    Case { name: "with large ones in between", predictions: 300_000, large: 8, bound: None, ..WAITED_FOR };

const CASES: [Case; 6] = [
    WAITED_FOR,
    Case { whose: "bare axum", server: bare::NAME, bound: None, ..WAITED_FOR },
    Case {
        name: "waited for, no caches in glibc",
        variables: &[("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")],
        ..WAITED_FOR
    },
    // A reply does not say that the prediction is over, so some are refused.
    Case {
        name: "kept",
        headers: &[("prefer", "respond-async")],
        predictions: 300_000,
        bound: None,
        ..WAITED_FOR
    },
    WITH_LARGE,
    Case {
        name: "with large ones in between, none kept by glibc",
        variables: &[("GLIBC_TUNABLES", "glibc.malloc.mmap_threshold=4194304")],
        ..WITH_LARGE
    },
];

/// What was seen of one server.
struct Sample {
    /// Resident bytes at rest after the first step and after the last, and those of them that are the process's own.
    first: (u64, u64),
    last: (u64, u64),
    /// Resident bytes at the end of the last step.
    loaded: u64,
    refused: usize,
}

pub(super) fn measure(programs: &[PathBuf], options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = programs.first() else { return Ok(()) };
    for case in &CASES {
        // A round takes several times as long as those of other parts.
        let samples = (0..options.rounds.div_ceil(2)).map(|_| case.take(program));
        case.tell(&samples.collect::<anyhow::Result<Vec<_>>>()?, report);
    }
    Ok(())
}

impl Case {
    fn take(&self, program: &Path) -> anyhow::Result<Sample> {
        let server = Server::start(program, self.server, &[], self.variables)?;
        let together = http::prediction(&json!({ "text": "all", "together": true }), &[]);
        at_once(CONNECTIONS, || {
            let (status, _) = ask(&mut Connection::open(server.address())?, &together)?;
            ensure!(status == 200, "a request was answered with {status}");
            Ok(())
        })?;
        let request = http::prediction(&json!({ "text": "world" }), self.headers);
        let mut refused = 0;
        let mut work = |predictions| {
            let outcome = load::drive(&request, server.address(), CONNECTIONS, Until::Replies(predictions))?;
            refused += outcome.refused;
            server.resident_memory()
        };
        let at_rest = || {
            thread::sleep(REST);
            anyhow::Ok((server.resident_memory()?, server.own_memory()?))
        };
        work(STEP)?;
        let first = at_rest()?;
        work(self.predictions - 2 * STEP)?;
        if self.large > 0 {
            self.send_large(&server)?;
        }
        let loaded = work(STEP)?;
        let last = at_rest()?;
        Ok(Sample { first, last, loaded, refused })
    }

    fn tell(&self, samples: &[Sample], report: &mut Report) {
        let mut part = report.part("memory");
        let what = |figure: &str| format!("{} predictions, {}: {figure}", self.predictions, self.name);
        let over = |figure: &dyn Fn(&Sample) -> f64| median(samples.iter().map(figure));
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        part.add(what("at the end of the load"), self.whose, over(&|it| mebibytes(it.loaded)), "MiB");
        part.add(
            what("at rest after the first 100,000"),
            self.whose,
            over(&|it| mebibytes(it.first.0)),
            "MiB",
        );
        part.add(what("at rest after the last 100,000"), self.whose, over(&|it| mebibytes(it.last.0)), "MiB");
        let growth = over(&|it| (it.last.0 as f64 / it.first.0 as f64 - 1.0) * 100.0);
        let own = over(&|it| (it.last.1 as f64 - it.first.1 as f64) / 1024.0);
        match self.bound {
            Some(bound) => part.hold(what("growth"), self.whose, growth, "%", bound),
            None => part.add(what("growth"), self.whose, growth, "%"),
        }
        part.add(what("growth of what is the process's own"), self.whose, own, "KiB");
        let refused = samples.iter().map(|it| it.refused).sum::<usize>() as f64;
        if self.headers.is_empty() {
            part.hold(what("refused"), self.whose, refused, "replies", Bound::AtMost(0.0));
        } else {
            part.add(what("refused"), self.whose, refused, "replies");
        }
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
