//! What the server costs over the bare handler, and beside Cog's own server and LitServe: with a slot for each connection, and with one slot.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use crate::child::{self, Server};
use crate::contest::{self, Contestant, Load};
use crate::options::Options;
use crate::peers::Peers;
use crate::report::{Bound, OURS, Part, RATIO, Report};
use crate::statistics::median;
use crate::{load, models, wrk};

/// As many slots as there are connections at most.
const SLOTS: usize = 32;

const WARM_UP: Duration = Duration::from_millis(100);

/// Ours with a slot for one prediction at a time, and a line for the others.
const ONE_SLOT: &str = "ours, 1 slot";

const BARE: &str = "bare axum";
const COG: &str = "Cog";
const LITSERVE: &str = "LitServe";

pub(super) fn measure(
    programs: &[PathBuf],
    peers: &Peers<'_>,
    options: &Options,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut part = report.part("overhead");
    let bare = child::this_program()?;
    for connections in [1, SLOTS] {
        let mut contestants = vec![Contestant::new(BARE, || Server::bare(&bare))];
        contestants.extend(programs.iter().enumerate().map(|(place, program)| {
            let name = if place == 0 { OURS.to_owned() } else { child::name_of(program) };
            Contestant::new(name, || Server::hello(program, SLOTS))
        }));
        if let Some(program) = programs.first() {
            contestants.push(Contestant::new(ONE_SLOT, || one_slot(program)));
        }
        // What runs one prediction at a time is quicker with one connection, and refuses the rest.
        contestants.push(Contestant::peer(COG, || peers.cog(connections == 1)));
        contestants.push(Contestant::peer(LITSERVE, || peers.litserve()));
        let request = load::hello();
        let lasts = Duration::from_secs_f64(options.seconds);
        let load = Load { request, connections, warm_up: WARM_UP, lasts };
        let contestants = contest::hold(contestants, &load, options.rounds, &mut part)?;
        tell(&contestants, connections, &mut part);
    }
    if let Some(program) = programs.first() {
        by_wrk(&bare, program, options, &mut part)?;
    }
    Ok(())
}

/// The same once more with a client that is not ours.
fn by_wrk(bare: &Path, program: &Path, options: &Options, part: &mut Part<'_>) -> anyhow::Result<()> {
    if !wrk::is_installed() {
        part.absent("wrk", "it is not installed".to_owned());
        return Ok(());
    }
    let body = json!({ "input": { "text": "world" } }).to_string();
    let lasts = Duration::from_secs_f64(options.seconds);
    for (connections, bound) in [(1, 0.5), (SLOTS, 0.8)] {
        let drive = |server: Server| wrk::drive(&body, server.address(), connections, lasts);
        let round = |_| anyhow::Ok((drive(Server::bare(bare)?)?, drive(Server::hello(program, SLOTS)?)?));
        let rounds = (0..options.rounds).map(round).collect::<anyhow::Result<Vec<_>>>()?;
        let over = |figure: fn(&(f64, f64)) -> f64| median(rounds.iter().map(figure));
        let what = |figure: &str| match connections {
            1 => format!("wrk, 1 connection, {figure}"),
            _ => format!("wrk, {connections} connections, {figure}"),
        };
        part.add(what("throughput"), BARE, over(|(bare, _)| *bare), "requests/s");
        part.add(what("throughput"), OURS, over(|(_, ours)| *ours), "requests/s");
        let speed = over(|(bare, ours)| ours / bare);
        part.hold(what("throughput over bare axum"), OURS, speed, RATIO, Bound::AtLeast(bound));
    }
    Ok(())
}

fn one_slot(program: &Path) -> anyhow::Result<Server> {
    let line = SLOTS.to_string();
    Server::model(program, models::HELLO, &["--max-concurrency", "1", "--max-queue", &line])
}

fn tell(contestants: &[Contestant<'_>], connections: usize, part: &mut Part<'_>) {
    let what = |figure: &str| match connections {
        1 => format!("1 connection, {figure}"),
        _ => format!("{connections} connections, {figure}"),
    };
    let named = |name: &str| contestants.iter().find(|contestant| contestant.name == name);
    for contestant in contestants {
        let (name, refused) = (&contestant.name, contestant.refused() as f64);
        part.add(what("throughput"), name, contestant.median(|it| it.outcome.per_second()), "requests/s");
        part.add(what("p50"), name, contestant.median(|it| it.outcome.percentile(0.5)), "µs");
        part.add(what("p99"), name, contestant.median(|it| it.outcome.percentile(0.99)), "µs");
        part.add(what("processor time a request"), name, contestant.median(|it| it.processor_time), "µs");
        if name == BARE || contestant.is_peer {
            part.add(what("refused"), name, refused, "replies");
            continue;
        }
        part.hold(what("refused"), name, refused, "replies", Bound::AtMost(0.0));
        for (other, at_1, at_32) in [(BARE, 0.5, 0.8), (COG, 5.0, 30.0)] {
            let Some(other) = named(other) else { continue };
            let speed =
                contestant.against(other, |own, other| own.outcome.per_second() / other.outcome.per_second());
            let over = what(&format!("throughput over {}", other.name));
            if name == ONE_SLOT {
                part.add(over, name, speed, RATIO);
                continue;
            }
            let bound = Bound::AtLeast(if connections == 1 { at_1 } else { at_32 });
            part.hold(over, name, speed, RATIO, bound);
        }
        if connections == 1
            && let Some(bare) = named(BARE)
        {
            let added = contestant
                .against(bare, |own, bare| own.outcome.percentile(0.5) - bare.outcome.percentile(0.5));
            part.hold(what("added at the median to bare axum"), name, added, "µs", Bound::AtMost(50.0));
        }
    }
}
