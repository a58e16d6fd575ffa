//! The measurements, one file each.

mod back_to_back;
mod cancel;
mod embed;
mod files;
mod memory;
mod models;
mod open_streams;
mod overhead;
mod start;
mod streaming;
mod weights;

use crate::child;
use crate::options::{Options, Part};
use crate::peers::Peers;
use crate::report::Report;

/// Measures what was asked for.
pub(crate) fn run(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let programs: Vec<_> = [child::this_program()?].into_iter().chain(options.also.iter().cloned()).collect();
    let peers = Peers { directory: &options.peers, absent: &options.absent };
    for (name, version) in peers.versions() {
        report.version(name, version);
    }
    if options.wants(Part::Start) {
        start::measure(&programs, &peers, options, report)?;
    }
    if options.wants(Part::Overhead) {
        overhead::measure(&programs, &peers, options, report)?;
    }
    if options.wants(Part::BackToBack) {
        back_to_back::measure(&programs, report)?;
    }
    if options.wants(Part::Streaming) {
        streaming::measure(&programs, options, report)?;
    }
    if options.wants(Part::OpenStreams) {
        open_streams::measure(&programs, options, report)?;
    }
    if options.wants(Part::Files) {
        files::measure(&programs, options, report)?;
    }
    if options.wants(Part::Memory) {
        memory::measure(&programs, options, report)?;
    }
    if options.wants(Part::Cancel) {
        cancel::measure(&programs, report)?;
    }
    if options.wants(Part::Weights) {
        weights::measure(options, report)?;
    }
    if options.wants(Part::Models) {
        models::measure(options, report)?;
    }
    if options.wants(Part::Embed) {
        embed::measure(&peers, options, report)?;
    }
    Ok(())
}
