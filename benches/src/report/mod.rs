//! What was found: figures in their parts, who is missing and why, and the facts of the run.
//!
//! A part adds a figure for each thing it has measured, of each one that it has measured it of; those of the same name and unit are beside
//! one another in the tables and the chart. A figure that has a goal has a [`Bound`]. Who could not be measured is absent, with the reason:
//! there are no figures but measured ones.
//!
//! - `facts` is when and where it was;
//! - `tables` is all of it as Markdown, which is also what the terminal shows;
//! - `chart` is the figures that compare, as SVG.

mod chart;
mod facts;
mod tables;

use std::io::Write;
use std::path::Path;
use std::{fmt, fs, io};

use anyhow::Context;
use serde::Serialize;

use self::facts::Facts;

/// Whom a figure is of, if it is the server that is measured.
pub(crate) const OURS: &str = "ours";

/// The unit of a figure that is another one divided by that of somebody else.
pub(crate) const RATIO: &str = "×";

/// Figures in the order in which they were found.
#[derive(Serialize)]
pub(crate) struct Report {
    facts: Facts,
    figures: Vec<Figure>,
    absent: Vec<Absent>,
}

#[derive(Serialize)]
struct Figure {
    part: &'static str,
    what: String,
    who: String,
    value: f64,
    unit: &'static str,
    #[serde(flatten)]
    goal: Option<Goal>,
}

#[derive(Serialize)]
struct Goal {
    bound: Bound,
    holds: bool,
}

#[derive(PartialEq, Eq, Serialize)]
struct Absent {
    part: &'static str,
    who: String,
    reason: String,
}

/// The goal that a figure has.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(formatter, "≥ {bound}"),
            Self::AtMost(bound) => write!(formatter, "≤ {bound}"),
        }
    }
}

impl Report {
    /// Begins an empty report, at the beginning of a run.
    pub(crate) fn begin(rounds: usize) -> Self {
        Self { facts: Facts::gather(rounds), figures: Vec::new(), absent: Vec::new() }
    }

    /// Adds what belongs to the part of this name.
    pub(crate) const fn part(&mut self, name: &'static str) -> Part<'_> {
        Part { report: self, name }
    }

    /// Names a version that the figures depend on.
    pub(crate) fn version(&mut self, name: &str, version: String) {
        self.facts.add(name, version);
    }

    /// Prints the tables, and writes them and the other forms to `results.*` in the directory.
    pub(crate) fn tell(&self, directory: &Path) -> anyhow::Result<()> {
        let tables = tables::markdown(self);
        io::stdout().lock().write_all(tables.as_bytes())?;
        fs::create_dir_all(directory).with_context(|| format!("cannot make `{}`", directory.display()))?;
        let files = [
            ("results.json", serde_json::to_string_pretty(self)?),
            ("results.md", tables),
            ("results.svg", chart::svg(self)),
        ];
        for (name, text) in files {
            let path = directory.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(())
    }
}

/// A part of a report, to be added to.
pub(crate) struct Part<'a> {
    report: &'a mut Report,
    name: &'static str,
}

impl Part<'_> {
    /// Adds a figure of somebody.
    pub(crate) fn add(&mut self, what: impl Into<String>, who: &str, value: f64, unit: &'static str) {
        self.figure(what.into(), who, value, unit, None);
    }

    /// Adds a figure of somebody that has a goal.
    pub(crate) fn hold(
        &mut self,
        what: impl Into<String>,
        who: &str,
        value: f64,
        unit: &'static str,
        bound: Bound,
    ) {
        let holds = bound.holds(tables::rounded(value));
        self.figure(what.into(), who, value, unit, Some(Goal { bound, holds }));
    }

    /// Says why there are no figures of somebody.
    pub(crate) fn absent(&mut self, who: &str, reason: String) {
        let absent = Absent { part: self.name, who: who.to_owned(), reason };
        if !self.report.absent.contains(&absent) {
            self.report.absent.push(absent);
        }
    }

    fn figure(&mut self, what: String, who: &str, value: f64, unit: &'static str, goal: Option<Goal>) {
        self.report.figures.push(Figure { part: self.name, what, who: who.to_owned(), value, unit, goal });
    }
}

/// The names of the parts, or of something else, each once and in the order of the figures.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What the tests of the forms are about.
    pub(super) fn report() -> Report {
        let facts = Facts::from_iter([("date", "2026-01-02"), ("CPU", "some, 2 cores")]);
        let mut report = Report { facts, figures: Vec::new(), absent: Vec::new() };
        let mut part = report.part("overhead");
        for (who, value) in [(OURS, 15_234.4), ("bare & alone", 20_000.0)] {
            part.add("1 connection", who, value, "requests/s");
        }
        part.hold("1 connection, requests/s over bare", OURS, 0.7617, RATIO, Bound::AtLeast(0.5));
        part.absent("litserve", "it ended with exit status: 1".to_owned());
        // Once is enough.
        part.absent("litserve", "it ended with exit status: 1".to_owned());
        report.part("start").hold("exec to ready", OURS, 15.04, "ms", Bound::AtMost(15.0));
        report.part("start").hold("idle memory", OURS, 12.06, "MiB", Bound::AtMost(12.0));
        report
    }

    #[test]
    fn a_program_can_read_it() {
        let report = serde_json::to_value(report()).unwrap();
        assert_eq!(report["facts"], json!({ "date": "2026-01-02", "CPU": "some, 2 cores" }));
        assert_eq!(
            report["figures"][0],
            json!({ "part": "overhead", "what": "1 connection", "who": "ours", "value": 15_234.4, "unit": "requests/s" })
        );
        assert_eq!(report["figures"][2]["bound"], json!({ "at_least": 0.5 }));
        assert_eq!(report["figures"][2]["holds"], true);
        assert_eq!(
            report["absent"],
            json!([{ "part": "overhead", "who": "litserve", "reason": "it ended with exit status: 1" }])
        );
    }

    #[test]
    fn a_bound_is_for_the_figure_as_it_is_shown() {
        let holds: Vec<_> = report().figures.iter().filter_map(|it| Some(it.goal.as_ref()?.holds)).collect();
        assert_eq!(holds, [true, true, false]);
    }
}
