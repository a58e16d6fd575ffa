//! One client that sends the next request as soon as it has the reply, to a server with one slot.

use std::path::PathBuf;

use crate::child::Server;
use crate::load::{self, Until};
use crate::report::{Bound, OURS, Report};

const REQUESTS: usize = 100_000;

pub(super) fn measure(programs: &[PathBuf], report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = programs.first() else { return Ok(()) };
    let server = Server::hello(program, 1)?;
    let outcome = load::drive(&load::hello(), server.address(), 1, Until::Replies(REQUESTS))?;
    let mut part = report.part("100,000 requests back to back, 1 slot");
    part.hold("refused", OURS, outcome.refused as f64, "replies", Bound::AtMost(0.0));
    part.add("throughput", OURS, outcome.per_second(), "requests/s");
    part.add("longest", OURS, outcome.percentile(1.0), "µs");
    Ok(())
}
