//! The progress bar.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Bars;

/// A bar on standard error, if somebody may be looking.
#[derive(Debug)]
pub(super) struct Progress(Option<ProgressBar>);

/// How finely a fraction is shown.
const STEPS: u64 = 1000;

impl Progress {
    /// A spinner that says `message`.
    pub(super) fn begin(bars: &Bars, message: &'static str) -> Self {
        Self(bars.add(ProgressBar::new(STEPS)).inspect(|bar| {
            bar.set_style(style("{spinner} {msg} ({elapsed})"));
            bar.set_message(message);
            bar.enable_steady_tick(Duration::from_millis(100));
        }))
    }

    /// Says something else.
    pub(super) fn say(&self, message: &'static str) {
        if let Some(bar) = &self.0 {
            bar.set_message(message);
        }
    }

    /// Shows how far the prediction is, from 0 to 1.
    pub(super) fn show(&self, fraction: f64, message: Option<&str>) {
        if let Some(bar) = &self.0 {
            bar.set_style(style("{wide_bar} {percent:>3}% {msg} ({elapsed})"));
            bar.set_message(message.unwrap_or_default().to_owned());
            // Saturating is what a bar wants.
            bar.set_position((fraction * 1000.0) as u64);
        }
    }

    /// Lets something else be printed above the bar.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the bar away for good.
    pub(super) fn end(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// The templates are constants and each is right, so the default never shows.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
