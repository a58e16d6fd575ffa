//! How soon a prediction is over after its cancel.
//!
//! One of 32 slots runs a prediction that waits, or computes and asks every 100 µs whether to stop; the load client keeps the other slots
//! busy, or nobody does. The time is the one that a client sees: from sending the cancel until the blocked reply says `canceled`, and from
//! closing the connection that the prediction was asked for on until another client is told that it is `canceled`. Its slot is free by then.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::child::Server;
use crate::http::{self, Connection};
use crate::load::{self, Until};
use crate::models;
use crate::report::{Bound, OURS, Report};
use crate::statistics::percentile;

const SLOTS: usize = 32;

/// How many predictions are canceled in each way.
const CANCELS: usize = 1000;

/// Longer than any step on the way.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy)]
enum Way {
    /// `POST /predictions/{id}/cancel`.
    Route,
    /// The connection is closed.
    Drop,
}

pub(super) fn measure(programs: &[PathBuf], report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = programs.first() else { return Ok(()) };
    for (work, name) in [("wait", "that awaits"), ("compute", "that computes")] {
        for (way, what) in [(Way::Route, "cancel"), (Way::Drop, "closed connection")] {
            for (is_busy, load) in [(false, "idle"), (true, "31 slots busy")] {
                let server =
                    Server::model(program, models::CANCEL, &["--max-concurrency", &SLOTS.to_string()])?;
                let (latencies, refused) = take(&server, work, way, is_busy)?;
                let what = |figure: &str| format!("{what} of one {name}, {load}: {figure}");
                let mut part = report.part("cancel");
                for (share, figure) in [(0.5, "p50"), (0.99, "p99")] {
                    let latency = percentile(&latencies, share).unwrap_or(f64::NAN);
                    part.add(what(figure), OURS, latency, "µs");
                }
                if is_busy {
                    let refused = refused as f64;
                    part.hold(what("others refused"), OURS, refused, "replies", Bound::AtMost(0.0));
                }
            }
        }
    }
    Ok(())
}

/// Returns how long the cancels took, in ascending order, and how many other requests were refused in the meantime.
fn take(server: &Server, work: &str, way: Way, is_busy: bool) -> anyhow::Result<(Vec<f64>, usize)> {
    let address = server.address();
    let is_over = AtomicBool::new(false);
    let none = http::prediction(&json!({ "work": "none" }), &[]);
    thread::scope(|threads| {
        let load =
            is_busy.then(|| threads.spawn(|| load::drive(&none, address, SLOTS - 1, Until::Told(&is_over))));
        let latencies = (0..CANCELS).map(|number| {
            let target = Target::begin(server, work, number)?;
            Ok(match way {
                Way::Route => target.cancel(),
                Way::Drop => target.abandon(),
            }?
            .as_secs_f64()
                * 1e6)
        });
        let latencies = latencies.collect::<anyhow::Result<Vec<_>>>();
        is_over.store(true, Ordering::Relaxed);
        let refused = match load {
            Some(load) => load.join().map_err(|_| anyhow::anyhow!("the load panicked"))??.refused,
            None => 0,
        };
        let mut latencies = latencies?;
        latencies.sort_unstable_by(f64::total_cmp);
        Ok((latencies, refused))
    })
}

/// A prediction that is running, and the connection which waits for it.
struct Target {
    caller: Connection,
    other: Connection,
    show: Vec<u8>,
    cancel: Vec<u8>,
}

impl Target {
    fn begin(server: &Server, work: &str, number: usize) -> anyhow::Result<Self> {
        let id = format!("{work}-{number}");
        let body = json!({ "id": id, "input": { "work": work } }).to_string();
        let mut target = Self {
            caller: Connection::open(server.address())?,
            other: Connection::open(server.address())?,
            show: http::request("GET", &format!("/predictions/{id}"), &[], ""),
            cancel: http::request("POST", &format!("/predictions/{id}/cancel"), &[], ""),
        };
        target.caller.send(&http::request("POST", "/predictions", &[], &body))?;
        target.wait_for("processing")?;
        Ok(target)
    }

    /// Asks again and again, until the prediction has this status.
    fn wait_for(&mut self, status: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            self.other.send(&self.show)?;
            let (code, body) = self.other.receive()?;
            // Before it is accepted, nobody knows it.
            if code == 200 && serde_json::from_slice::<Value>(&body)?["status"] == status {
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "a prediction does not become `{status}`");
        }
    }

    fn cancel(mut self) -> anyhow::Result<Duration> {
        let sent_at = Instant::now();
        self.other.send(&self.cancel)?;
        let (_, body) = self.caller.receive()?;
        let latency = sent_at.elapsed();
        let prediction: Value = serde_json::from_slice(&body)?;
        ensure!(prediction["status"] == "canceled", "a canceled prediction is {}", prediction["status"]);
        let (status, _) = self.other.receive().context("no reply to a cancel")?;
        ensure!(status == 200, "a cancel was answered with {status}");
        Ok(latency)
    }

    fn abandon(mut self) -> anyhow::Result<Duration> {
        let closed_at = Instant::now();
        self.caller.close()?;
        self.wait_for("canceled")?;
        Ok(closed_at.elapsed())
    }
}
