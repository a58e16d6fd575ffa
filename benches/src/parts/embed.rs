//! Sentences that are embedded in a second, beside our own server without batches, and LitServe with sentence-transformers.
//!
//! A request has one sentence of 17 tokens. Ours are programs of the example, which have to be built before. All have the same weights, and
//! the same cores; before its turn, LitServe has to show that its vectors are ours. Its batches wait as long as does it good: not for long
//! where there is one connection, longer where there are many. Ours are the same in both.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::child::Server;
use crate::contest::{self, Contestant, Load};
use crate::http::{self, Connection};
use crate::options::Options;
use crate::peers::Peers;
use crate::report::{Bound, OURS, Part, RATIO, Report};

const SENTENCE: &str = "The quick brown fox jumps over the lazy dog while he is eating food.";

/// What takes milliseconds needs longer to show its speed.
const SCALE: f64 = 4.0;

const WARM_UP: Duration = Duration::from_secs(1);

/// What cosine two vectors of the same text have at least: those of different arithmetic, not of different texts.
const ALIKE: f64 = 0.999;

const UNBATCHED: &str = "ours, unbatched";
const LITSERVE: &str = "LitServe";

pub(super) fn measure(peers: &Peers<'_>, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let mut part = report.part("embed");
    let directory = super::models::directory()?;
    let ours = super::models::existing(directory.join("embed"), "embed")?;
    let unbatched = super::models::existing(directory.join("examples/unbatched-embed"), "embed")?;
    let weights = std::env::home_dir().context("there is no home directory")?.join(".cache/cog/models/embed");
    let expected = vector(Server::model(&ours, "embed", &[])?.address())?;
    for (connections, wait) in [(1, Duration::from_millis(1)), (32, Duration::from_millis(10))] {
        let contestants = vec![
            Contestant::new(OURS, || Server::model(&ours, "embed", &[])),
            Contestant::new(UNBATCHED, || Server::model(&unbatched, "unbatched-embed", &[])),
            Contestant::peer(LITSERVE, || litserve(peers, &weights, wait, &expected)),
        ];
        let load = Load {
            request: http::prediction(&input(), &[]),
            connections,
            warm_up: WARM_UP,
            lasts: Duration::from_secs_f64(options.seconds * SCALE),
        };
        let contestants = contest::hold(contestants, &load, options.rounds, &mut part)?;
        tell(&contestants, connections, &mut part);
    }
    Ok(())
}

fn input() -> Value {
    json!({ "texts": [SENTENCE] })
}

fn litserve(peers: &Peers<'_>, weights: &Path, wait: Duration, expected: &[f64]) -> anyhow::Result<Server> {
    let server = peers.litserve_embed(weights, wait)?;
    let found = vector(server.address())?;
    let cosine: f64 = found.iter().zip(expected).map(|(one, other)| one * other).sum();
    ensure!(cosine > ALIKE, "its vectors are not ours: their cosine is {cosine}");
    Ok(server)
}

fn vector(address: SocketAddr) -> anyhow::Result<Vec<f64>> {
    let prediction = Connection::open(address)?.ask(&http::prediction(&input(), &[]))?;
    let vector = prediction["output"][0].as_array().with_context(|| format!("no vector: {prediction}"))?;
    vector.iter().map(|number| number.as_f64().context("a vector of something else")).collect()
}

fn tell(contestants: &[Contestant<'_>], connections: usize, part: &mut Part<'_>) {
    let what = |figure: &str| match connections {
        1 => format!("1 connection, {figure}"),
        _ => format!("{connections} connections, {figure}"),
    };
    for contestant in contestants {
        let name = &contestant.name;
        part.add(what("throughput"), name, contestant.median(|it| it.outcome.per_second()), "requests/s");
        part.add(what("p50"), name, contestant.median(|it| it.outcome.percentile(0.5) / 1e3), "ms");
        part.add(what("p99"), name, contestant.median(|it| it.outcome.percentile(0.99) / 1e3), "ms");
        part.add(what("resident memory"), name, contestant.median(|it| it.memory), "MiB");
        part.hold(what("refused"), name, contestant.refused() as f64, "replies", Bound::AtMost(0.0));
    }
    let named = |name: &str| contestants.iter().find(|contestant| contestant.name == name);
    let Some(ours) = named(OURS) else { return };
    for (other, bound) in [(UNBATCHED, 2.5), (LITSERVE, 1.2)] {
        let Some(other) = named(other) else { continue };
        let speed = ours.against(other, |ours, other| ours.outcome.per_second() / other.outcome.per_second());
        let speed_over = what(&format!("throughput over {}", other.name));
        if connections == 1 {
            part.add(speed_over, OURS, speed, RATIO);
        } else {
            part.hold(speed_over, OURS, speed, RATIO, Bound::AtLeast(bound));
        }
    }
    if let Some(litserve) = named(LITSERVE) {
        let memory = ours.against(litserve, |ours, other| ours.memory / other.memory);
        part.hold(what("memory over LitServe"), OURS, memory, RATIO, Bound::AtMost(0.1));
    }
}
