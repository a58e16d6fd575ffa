//! What 1,000 open streams take in memory, and what they cost others.
//!
//! Each stream yields four times a second. They are 1,000 predictions on as many slots, or one prediction that 1,000 clients watch; a bare
//! handler sends 1,000 of the same streams, which tells what the system and the load itself make of it. Other requests go to the same server,
//! over one connection: predictions that end at once, for which there are slots to spare, and health checks. They take their turns before the
//! streams are there, while they are, and after they have gone, so that a machine that becomes slower or faster does not count; ratios are taken
//! inside a round, with a new server in each.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::ensure;
use serde_json::json;

use crate::child::Server;
use crate::crowd::Crowd;
use crate::load::{self, Until};
use crate::options::Options;
use crate::report::{Bound, OURS, RATIO, Report};
use crate::statistics::median;
use crate::{bare, http, models};

const STREAMS: usize = 1000;

/// Slots for the other requests.
const SPARE: usize = 2;

/// Milliseconds between two outputs. Others are asked for at least as long, as streams that began together yield together.
const PAUSE: u64 = 250;

/// For what goes on after streams have begun, or ended.
const REST: Duration = Duration::from_millis(100);

/// How the streams come about.
struct Case {
    name: &'static str,
    who: &'static str,
    start: fn(&Path) -> anyhow::Result<Server>,
    /// What each client sends.
    request: Vec<u8>,
}

/// What was seen in one round.
struct Sample {
    /// Resident bytes before there is a stream, and while they are open.
    idle: f64,
    open: f64,
    /// Of predictions, and of health checks.
    latencies: [Latencies; 2],
}

/// In microseconds, with the streams and without.
struct Latencies {
    p50: (f64, f64),
    p99: (f64, f64),
}

pub(super) fn measure(programs: &[PathBuf], options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = programs.first() else { return Ok(()) };
    let slow = json!({ "input": { "text": "a token", "count": u32::MAX, "pause": PAUSE } }).to_string();
    let request = |method, path| http::request(method, path, &[("accept", "text/event-stream")], &slow);
    let cases = [
        Case {
            name: "1,000 streams",
            who: OURS,
            start: |program| slots(program, STREAMS + SPARE),
            request: request("POST", "/predictions"),
        },
        Case {
            name: "1,000 streams",
            who: bare::NAME,
            start: Server::bare,
            request: request("POST", "/events"),
        },
        Case {
            name: "1,000 watchers of one stream",
            who: OURS,
            start: |program| slots(program, 1 + SPARE),
            request: request("PUT", "/predictions/watched"),
        },
    ];
    let mut samples = cases.each_ref().map(|_| Vec::new());
    // A round takes several times as long as those of other parts.
    for _ in 0..options.rounds.div_ceil(2) {
        for (case, samples) in cases.iter().zip(&mut samples) {
            samples.push(case.take(program, options)?);
        }
    }
    for (case, samples) in cases.iter().zip(&samples) {
        case.tell(samples, report);
    }
    Ok(())
}

fn slots(program: &Path, count: usize) -> anyhow::Result<Server> {
    Server::model(program, models::STREAM, &["--max-concurrency", &count.to_string()])
}

impl Case {
    fn take(&self, program: &Path, options: &Options) -> anyhow::Result<Sample> {
        let server = (self.start)(program)?;
        let limit = Duration::from_secs_f64(options.seconds / 4.0).max(Duration::from_millis(PAUSE));
        let fast = http::prediction(&json!({ "text": "a token", "count": 1 }), &[]);
        let requests = [fast, http::request("GET", "/health-check", &[], "")];
        let look = || -> anyhow::Result<_> {
            thread::sleep(REST);
            let memory = server.resident_memory()? as f64;
            let [predictions, health] = &requests;
            let ask = |request| {
                let outcome = load::drive(request, server.address(), 1, Until::Elapsed(limit))?;
                ensure!(outcome.refused == 0, "{} other requests were refused", outcome.refused);
                anyhow::Ok(outcome)
            };
            Ok((memory, [ask(predictions)?, ask(health)?]))
        };
        let (idle, before) = look()?;
        let mut crowd = Crowd::open(server.address(), &self.request, STREAMS)?;
        let (open, with) = look()?;
        crowd.check()?;
        drop(crowd);
        let (_, after) = look()?;
        let [predictions, health] = [0, 1].map(|place| {
            let at = |share: f64| {
                let of = |outcomes: &[load::Outcome; 2]| {
                    outcomes.get(place).map_or(f64::NAN, |outcome| outcome.percentile(share))
                };
                (of(&with), f64::midpoint(of(&before), of(&after)))
            };
            Latencies { p50: at(0.5), p99: at(0.99) }
        });
        Ok(Sample { idle, open, latencies: [predictions, health] })
    }

    fn tell(&self, samples: &[Sample], report: &mut Report) {
        let mut part = report.part("open-streams");
        let what = |figure: &str| format!("{}: {figure}", self.name);
        let over = |figure: &dyn Fn(&Sample) -> f64| median(samples.iter().map(figure));
        part.add(what("memory before"), self.who, over(&|sample| sample.idle / f64::from(1 << 20)), "MiB");
        let each = over(&|sample| (sample.open - sample.idle) / 1024.0 / STREAMS as f64);
        part.add(what("memory for each"), self.who, each, "KiB");
        for (place, name) in ["predictions", "health checks"].into_iter().enumerate() {
            let over = |figure: &dyn Fn(&Latencies) -> f64| {
                median(samples.iter().filter_map(|sample| sample.latencies.get(place)).map(figure))
            };
            let what = |figure: &str| what(&format!("other {name}, {figure}"));
            part.add(what("p50"), self.who, over(&|latencies| latencies.p50.0), "µs");
            part.add(what("p99"), self.who, over(&|latencies| latencies.p99.0), "µs");
            let p50 = over(&|latencies| latencies.p50.0 / latencies.p50.1);
            part.hold(what("p50 with over without"), self.who, p50, RATIO, Bound::AtMost(1.2));
            let p99 = over(&|latencies| latencies.p99.0 / latencies.p99.1);
            part.add(what("p99 with over without"), self.who, p99, RATIO);
        }
    }
}
