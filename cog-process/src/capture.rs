//! Pipes in place of the two streams, and the thread that empties them.

use std::fmt;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionread};

use crate::c;
use crate::lines::Lines;
use crate::stream::{Stream, duplicate};

/// How long the beginning of a line waits for the rest of it: long enough for a line that is written in two parts, short enough for
/// somebody who watches dots appear.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Who is given what is printed.
///
/// It must not print itself, and must be quick: while it works, nobody empties the pipes.
pub trait Sink: Send + 'static {
    /// Takes a piece: a line with its end, a step of a progress bar with its carriage return, or a line that has no end yet.
    fn take(&mut self, stream: Stream, text: &str);
}

/// Standard output and standard error of this process, captured until this is dropped.
///
/// What is printed to one stream comes in order. Between the two streams the order is that in which their pipes are looked at: what is
/// printed to both before somebody looks comes as all of the one, then all of the other.
///
/// Child processes inherit the pipes, so what they print is captured as well; one that outlives the capture prints to nobody. What is
/// in the pipes when a signal or an `abort` ends the process is lost.
///
/// The streams belong to the process, so a second capture captures from the first, and has to end before it.
#[derive(Debug)]
pub struct Capture<S> {
    printed: Printed<S>,
    stdout: File,
    stderr: File,
    /// Tells the thread to end by being dropped.
    running: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

/// What is printed to captured streams. Clones are handles to the same.
pub struct Printed<S>(Arc<Shared<S>>);

struct Shared<S> {
    stdout: Pipe,
    stderr: Pipe,
    /// Held by whoever reads the pipes.
    reading: Mutex<Reading<S>>,
}

struct Pipe {
    reader: PipeReader,
    /// The pipe has no end as long as this is there, even if somebody closes the stream.
    writer: PipeWriter,
}

struct Reading<S> {
    stdout: Lines,
    stderr: Lines,
    buffer: Vec<u8>,
    sink: S,
}

impl<S: Sink> Capture<S> {
    /// Begins to hand what is printed to `sink`. Of a line that is longer than `limit` bytes, only so many are handed over.
    ///
    /// # Errors
    /// When the process has no file descriptor or thread left. Then nothing is captured.
    pub fn begin(limit: usize, sink: S) -> io::Result<Self> {
        let printed = Printed(Arc::new(Shared {
            stdout: Pipe::new()?,
            stderr: Pipe::new()?,
            reading: Mutex::new(Reading {
                stdout: Lines::new(limit),
                stderr: Lines::new(limit),
                buffer: vec![0; 64 << 10],
                sink,
            }),
        }));
        let (until, running) = io::pipe()?;
        let mut capture = Self {
            printed: printed.clone(),
            stdout: duplicate(Stream::Stdout)?,
            stderr: duplicate(Stream::Stderr)?,
            running: Some(running),
            thread: None,
        };
        capture.thread = Some(
            thread::Builder::new()
                .name("cog-output".to_owned())
                .spawn(move || printed.0.read_until(&until))?,
        );
        // What has been printed so far goes to where it was meant to go.
        let _ = io::stdout().flush();
        c::unbuffer();
        Stream::Stdout.redirect(&capture.printed.0.stdout.writer)?;
        Stream::Stderr.redirect(&capture.printed.0.stderr.writer)?;
        Ok(capture)
    }

    /// Returns a handle to what is printed. After the capture it is a handle to nothing.
    #[must_use]
    pub fn printed(&self) -> Printed<S> {
        self.printed.clone()
    }
}

impl<S> Drop for Capture<S> {
    fn drop(&mut self) {
        // Rust's standard output is not flushed, as a thread that never lets go of its lock would keep us here. If it holds the beginning
        // of a line, that is printed when the process ends.
        //
        // Neither of these can fail: both descriptors are open.
        let _ = Stream::Stdout.redirect(&self.stdout);
        let _ = Stream::Stderr.redirect(&self.stderr);
        drop(self.running.take());
        if let Some(thread) = self.thread.take() {
            // The thread does not panic; if a sink did, it has said so.
            let _ = thread.join();
        }
    }
}

impl<S: Sink> Printed<S> {
    /// Hands over all that was printed before the call, lines without an end too, and then lets `change` do something to the sink.
    ///
    /// Whatever is printed after that is handed over after the change. What another thread prints during the call falls on one side or
    /// the other. Waits for a thread that holds the lock of Rust's standard output.
    pub fn settle<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        // Not under the lock: whoever prints may wait for the pipe to be emptied.
        let _ = io::stdout().flush();
        let mut reading = self.0.lock();
        reading.take_in(&self.0);
        reading.each_rest(Lines::end);
        change(&mut reading.sink)
    }
}

impl<S: Sink> Shared<S> {
    /// Empties the pipes whenever there is something in them, until the other end of `until` is gone, and then once more.
    fn read_until(&self, until: &PipeReader) {
        let mut has_rest = false;
        loop {
            let mut pipes = [
                PollFd::new(&self.stdout.reader, PollFlags::IN),
                PollFd::new(&self.stderr.reader, PollFlags::IN),
                PollFd::new(until, PollFlags::IN),
            ];
            let count = match poll(&mut pipes, has_rest.then_some(&PAUSE)) {
                Err(Errno::INTR) => continue,
                // There is no other reason for it to fail, and nothing that could be done about one.
                Err(_) => return,
                Ok(count) => count,
            };
            let is_over = !pipes[2].revents().is_empty();
            let mut reading = self.lock();
            reading.take_in(self);
            if is_over {
                return reading.each_rest(Lines::end);
            }
            if count == 0 {
                reading.each_rest(Lines::pause);
            }
            has_rest = reading.stdout.has_rest() || reading.stderr.has_rest();
        }
    }
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, Reading<S>> {
        // A sink that panics has lost its piece; the next is another.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Sink> Reading<S> {
    /// Takes in what is in the pipes now, and no more: somebody may go on printing for ever.
    fn take_in(&mut self, shared: &Shared<S>) {
        let streams = [
            (Stream::Stdout, &shared.stdout, &mut self.stdout),
            (Stream::Stderr, &shared.stderr, &mut self.stderr),
        ];
        for (stream, pipe, lines) in streams {
            let mut left = ioctl_fionread(&pipe.reader).unwrap_or(0);
            while left > 0 {
                let wanted = self.buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let count = match (&pipe.reader).read(&mut self.buffer[..wanted]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    // Cannot be: there is something in it.
                    Ok(0) | Err(_) => break,
                    Ok(count) => count,
                };
                lines.push(&self.buffer[..count], &mut |text| self.sink.take(stream, text));
                left = left.saturating_sub(count as u64);
            }
        }
    }

    fn each_rest(&mut self, hand_over: impl Fn(&mut Lines, &mut dyn FnMut(&str))) {
        for (stream, lines) in [(Stream::Stdout, &mut self.stdout), (Stream::Stderr, &mut self.stderr)] {
            hand_over(lines, &mut |text| self.sink.take(stream, text));
        }
    }
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self { reader, writer })
    }
}

impl<S> Clone for Printed<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Printed<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Printed").finish_non_exhaustive()
    }
}
