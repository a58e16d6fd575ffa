//! One client that sends the next request as soon as it has the reply, to a server with one slot.

use std::path::PathBuf;

use crate::child::Server;
use crate::load::{self, Until};
use crate::report::{Bound, Report};

const REQUESTS: usize = 100_000;

pub(super) fn measure(programs: &[PathBuf], report: &mut Report) -> anyhow::Result<()> {
    let Some(program) = programs.first() else { return Ok(()) };
    let server = Server::hello(program, 1)?;
    let outcome = load::drive(server.address(), 1, Until::Replies(REQUESTS))?;
    let what = |figure: &str| format!("{REQUESTS} back to back, 1 slot: {figure}");
    report.add(what("refused"), outcome.refused as f64, Some(Bound::AtMost(0.0)));
    report.add(what("requests/s"), outcome.per_second(), None);
    report.add(what("longest µs"), outcome.percentile(1.0), None);
    Ok(())
}
