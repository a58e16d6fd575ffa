//! The figures, as a table and as JSON.

use std::io::Write;
use std::path::Path;
use std::{fmt, fs, io};

use anyhow::Context;
use serde::Serialize;

/// Figures in the order in which they were found.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Figure {
    what: String,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<Bound>,
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
            Self::AtLeast(bound) => write!(formatter, ">= {bound}"),
            Self::AtMost(bound) => write!(formatter, "<= {bound}"),
        }
    }
}

impl Report {
    pub(crate) fn add(&mut self, what: String, value: f64, bound: Option<Bound>) {
        self.figures.push(Figure { what, value, bound });
    }

    /// Prints the table, and writes the JSON if there is a file for it.
    pub(crate) fn tell(&self, json: Option<&Path>) -> anyhow::Result<()> {
        let width = self.figures.iter().map(|figure| figure.what.chars().count()).max().unwrap_or_default();
        let mut stdout = io::stdout().lock();
        for Figure { what, value, bound } in &self.figures {
            let value = if value.abs() < 10.0 { format!("{value:.2}") } else { format!("{value:.0}") };
            write!(stdout, "{what:<width$} {value:>9}")?;
            if let Some(bound) = bound {
                let verdict = if bound.holds(value.parse()?) { "" } else { "  missed" };
                write!(stdout, "   {bound}{verdict}")?;
            }
            writeln!(stdout)?;
        }
        if let Some(json) = json {
            let text = serde_json::to_vec_pretty(self)?;
            fs::write(json, text).with_context(|| format!("cannot write {}", json.display()))?;
        }
        Ok(())
    }
}
