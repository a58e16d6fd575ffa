//! What author code prints: to the logs of its prediction, or else to the log of the server.
//!
//! With one slot, what is printed while a prediction or the setup runs is theirs, whoever prints it: the author's code, a library in C, a
//! child process, or a health check at the same time. With several slots, if only those of the other role, and between predictions nobody
//! can say whose it is.

use std::fs::File;
use std::io::{self, Write};

use cog_core::{LOG_TEXT_LIMIT, LogSource, OutputCapture, Scope, cut_log_text};
use cog_process::{Capture, Printed, Sink, Stream};

/// Standard output and standard error of the process, read until this is dropped.
#[derive(Debug)]
pub(crate) struct Output(Capture<Author>);

impl Output {
    /// Begins to capture. What is nobody's goes to `aside`, or else to the log.
    ///
    /// # Errors
    /// When the process has no file descriptor or thread left.
    pub(crate) fn capture(aside: Option<File>) -> io::Result<Self> {
        // One byte more than is logged at once, so that what is longer is seen to be so, and cut.
        Capture::begin(LOG_TEXT_LIMIT + 1, Author { running: Vec::new(), is_shared: false, aside }).map(Self)
    }

    /// Returns who has to be told what runs.
    pub(crate) fn listener(&self) -> impl OutputCapture + 'static {
        Listener(self.0.printed())
    }
}

#[derive(Debug)]
struct Author {
    /// Whose code runs. More than one if several engines do.
    running: Vec<Scope>,
    /// Whether there may be more code that runs.
    is_shared: bool,
    aside: Option<File>,
}

impl Sink for Author {
    fn take(&mut self, stream: Stream, text: &str) {
        let source = match stream {
            Stream::Stdout => LogSource::Stdout,
            Stream::Stderr => LogSource::Stderr,
        };
        if let [scope] = &*self.running
            && !self.is_shared
        {
            return scope.write_log(source, text);
        }
        let text = cut_log_text(text);
        if let Some(aside) = &mut self.aside {
            // If it cannot be written, there is nobody to tell.
            let _ = aside.write_all(text.as_bytes());
            return;
        }
        let message = text.trim_end_matches(['\n', '\r']);
        if !message.is_empty() {
            tracing::info!(parent: None, source = source.as_str(), "{message}");
        }
    }
}

struct Listener(Printed<Author>);

impl OutputCapture for Listener {
    fn begin(&self, scope: &Scope) {
        self.0.settle(|author| author.running.push(scope.clone()));
    }

    fn end(&self, scope: &Scope) {
        let ended = self.0.settle(|author| {
            let place = author.running.iter().position(|running| running == scope);
            place.map(|place| author.running.swap_remove(place))
        });
        // Not under the lock of the streams: dropping it may take long, or print.
        drop(ended);
    }

    fn share(&self) {
        self.0.settle(|author| author.is_shared = true);
    }
}
