//! Where bars are drawn: one place for all of them, and for what is printed above.

use std::io::{self, Write};

use cog_process::{Stream, duplicate};
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

/// The bars on standard error, if somebody may be looking.
#[derive(Clone, Debug)]
pub(super) struct Bars(Option<MultiProgress>);

impl Bars {
    pub(super) fn new(is_seen: bool) -> Self {
        Self(is_seen.then(|| MultiProgress::with_draw_target(terminal())))
    }

    /// Where others may add theirs.
    pub(super) fn shared(&self) -> Option<MultiProgress> {
        self.0.clone()
    }

    pub(super) fn add(&self, bar: ProgressBar) -> Option<ProgressBar> {
        self.0.as_ref().map(|bars| bars.add(bar))
    }

    /// A writer to the same terminal that does not write over the bars.
    pub(super) fn beside<W: Write + Send + 'static>(&self, output: W) -> impl Write + Send + use<W> {
        Beside { bars: self.0.clone(), output }
    }
}

struct Beside<W> {
    bars: Option<MultiProgress>,
    output: W,
}

impl<W: Write> Write for Beside<W> {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        match &self.bars {
            Some(bars) => bars.suspend(|| self.output.write(content)),
            None => self.output.write(content),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The terminal itself: what is printed to standard error in the usual way may be captured.
fn terminal() -> ProgressDrawTarget {
    match (duplicate(Stream::Stderr), duplicate(Stream::Stderr)) {
        (Ok(input), Ok(output)) => ProgressDrawTarget::term(Term::read_write_pair(input, output), 20),
        _ => ProgressDrawTarget::hidden(),
    }
}
