//! What the server costs over the bare handler, and beside Cog's own server and LitServe.

use std::path::PathBuf;
use std::time::Duration;

use crate::child::{self, Server};
use crate::contest::{self, Contestant, Load};
use crate::load;
use crate::options::Options;
use crate::peers::Peers;
use crate::report::{Bound, OURS, Part, RATIO, Report};

/// As many slots as there are connections at most.
const SLOTS: usize = 32;

const WARM_UP: Duration = Duration::from_millis(100);

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
        // What runs one prediction at a time is quicker with one connection, and refuses the rest.
        contestants.push(Contestant::peer(COG, || peers.cog(connections == 1)));
        contestants.push(Contestant::peer(LITSERVE, || peers.litserve()));
        let request = load::hello();
        let lasts = Duration::from_secs_f64(options.seconds);
        let load = Load { request, connections, warm_up: WARM_UP, lasts };
        let contestants = contest::hold(contestants, &load, options.rounds, &mut part)?;
        tell(&contestants, connections, &mut part);
    }
    Ok(())
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
            let bound = Bound::AtLeast(if connections == 1 { at_1 } else { at_32 });
            part.hold(what(&format!("throughput over {}", other.name)), name, speed, RATIO, bound);
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
