//! How far a transfer is: a bar on a terminal, and lines elsewhere.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cog_core::{Scope, Weights, current_scope};
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};

/// Counts what arrives of one file.
#[derive(Debug)]
pub(super) struct Meter {
    what: String,
    began: Instant,
    interval: Duration,
    bar: Option<ProgressBar>,
    counted: Mutex<Counted>,
}

#[derive(Debug)]
struct Counted {
    /// What was there when the transfer began.
    before: u64,
    arrived: u64,
    total: Option<u64>,
    told: Instant,
}

impl Meter {
    /// Begins to count. `arrived` is what was there before.
    pub(super) fn begin(source: &Weights, interval: Duration, bars: Option<&MultiProgress>) -> Self {
        let bar = bars.map(|bars| {
            let bar = bars.add(ProgressBar::no_length());
            // The template is a constant and right, so the default never shows.
            let style =
                ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(name_of(source));
            bar
        });
        let now = Instant::now();
        let counted = Counted { before: 0, arrived: 0, total: None, told: now };
        Self { what: source.to_string(), began: now, interval, bar, counted: Mutex::new(counted) }
    }

    /// The transfer begins, or begins anew, with so much of so much there.
    pub(super) fn expect(&self, before: u64, total: Option<u64>) {
        let mut counted = self.counted();
        (counted.before, counted.arrived, counted.total) = (before, before, total);
        if let Some(bar) = &self.bar {
            bar.set_position(before);
            bar.reset_eta();
            if let Some(total) = total {
                bar.set_length(total);
            }
        }
    }

    /// So much more has arrived.
    pub(super) fn add(&self, bytes: u64) {
        let mut counted = self.counted();
        counted.arrived += bytes;
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        } else if counted.told.elapsed() >= self.interval {
            counted.told = Instant::now();
            let line = format!("downloading `{}`: {}{}", self.what, counted.far(), self.speed(&counted));
            drop(counted);
            say(&line);
        }
    }

    /// Whether anything has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.counted().arrived > 0
    }

    /// How far it is, for an error.
    pub(super) fn far(&self) -> String {
        self.counted().far()
    }

    /// Tells that all has arrived.
    pub(super) fn finish(&self) {
        let counted = self.counted();
        let (size, seconds) = (HumanBytes(counted.arrived), self.began.elapsed().as_secs_f64());
        let line = format!("downloaded `{}`: {size} in {seconds:.1} s{}", self.what, self.speed(&counted));
        drop(counted);
        say(&line);
    }

    fn speed(&self, counted: &Counted) -> String {
        let bytes = counted.arrived.saturating_sub(counted.before) as f64;
        // Saturating is what a figure wants.
        format!(", {}/s", HumanBytes((bytes / self.began.elapsed().as_secs_f64().max(1e-3)) as u64))
    }

    /// A panic while counting does not make the figures wrong.
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Counted {
    fn far(&self) -> String {
        match self.total {
            Some(total) => format!("{} of {}", HumanBytes(self.arrived), HumanBytes(total)),
            None => HumanBytes(self.arrived).to_string(),
        }
    }
}

/// Says something to whoever follows the setup, or else in the log.
pub(super) fn say(line: &str) {
    let scope = current_scope();
    if scope == Scope::none() {
        tracing::info!("{line}");
    } else {
        scope.log(line);
    }
}

/// The last part of a source: a bar has little room.
fn name_of(source: &Weights) -> String {
    let shown = source.to_string();
    shown.rsplit('/').next().unwrap_or(&shown).to_owned()
}
