//! The measurements, one file each.

mod back_to_back;
mod models;
mod overhead;
mod start;
mod weights;

use std::path::PathBuf;

use crate::child;
use crate::options::{Options, Part};
use crate::report::Report;

/// Measures what was asked for, and says where the JSON of it shall go.
pub(crate) fn run(options: &Options) -> anyhow::Result<(Report, Option<PathBuf>)> {
    let programs: Vec<_> = [child::this_program()?].into_iter().chain(options.also.iter().cloned()).collect();
    let mut report = Report::default();
    if options.wants(Part::Start) {
        start::measure(&programs, options, &mut report)?;
    }
    if options.wants(Part::Overhead) {
        overhead::measure(&programs, options, &mut report)?;
    }
    if options.wants(Part::BackToBack) {
        back_to_back::measure(&programs, &mut report)?;
    }
    if options.wants(Part::Weights) {
        weights::measure(options, &mut report)?;
    }
    if options.wants(Part::Models) {
        models::measure(options, &mut report)?;
    }
    Ok((report, options.json.clone()))
}
