//! Log lines on their way out: a bounded queue and the thread that writes it.
//!
//! Whoever logs never waits for whoever reads the log. Lines that do not fit are counted, and the log says how many there were as soon
//! as it is read again. The bound is one of bytes: a line may have megabytes, so a number of lines would be no bound.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How many bytes wait at most, but for one line that is longer.
const CAPACITY: usize = 8 << 20;

/// How long the end of the process waits for a log that is not read.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Lines to be written. Takes a line with each write.
#[derive(Debug, Default)]
pub(super) struct LogQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    /// How many lines did not fit since the last that did.
    left_out: u64,
    /// Whether the thread has lines in its hands.
    is_writing: bool,
    is_closed: bool,
}

impl State {
    const fn is_idle(&self) -> bool {
        self.lines.is_empty() && !self.is_writing
    }
}

impl LogQueue {
    /// Waits until all lines so far are written, but not for ever. Returns whether they are.
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), patience, |state| !state.is_idle());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_idle()
    }

    fn write_to(&self, mut output: impl Write) {
        let mut lines = Vec::new();
        loop {
            let left_out = {
                let is_waiting = |state: &mut State| state.lines.is_empty() && !state.is_closed;
                let state = self.changed.wait_while(self.lock(), is_waiting);
                let mut state = state.unwrap_or_else(PoisonError::into_inner);
                if state.lines.is_empty() {
                    return;
                }
                std::mem::swap(&mut state.lines, &mut lines);
                state.is_writing = true;
                std::mem::take(&mut state.left_out)
            };
            // Where the log cannot be written, there is no place to say so.
            let _ = output.write_all(&lines);
            lines.clear();
            lines.shrink_to(64 << 10);
            if left_out > 0 {
                tracing::warn!(lines = left_out, "lines of this log were left out, as nobody read it");
            }
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut state = self.lock();
        if state.is_closed {
            return Ok(line.len());
        }
        if !state.lines.is_empty() && state.lines.len() + line.len() > CAPACITY {
            state.left_out += 1;
            return Ok(line.len());
        }
        state.lines.extend_from_slice(line);
        drop(state);
        self.changed.notify_all();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The thread that writes the lines of a queue. When dropped, it waits for the last of them, but not for ever.
#[derive(Debug)]
pub(super) struct LogThread {
    queue: Arc<LogQueue>,
    thread: Option<JoinHandle<()>>,
}

impl LogThread {
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn start(queue: Arc<LogQueue>, output: impl Write + Send + 'static) -> io::Result<Self> {
        let thread = thread::Builder::new().name("cog-log".to_owned()).spawn({
            let queue = Arc::clone(&queue);
            move || queue.write_to(output)
        })?;
        Ok(Self { queue, thread: Some(thread) })
    }
}

impl Drop for LogThread {
    fn drop(&mut self) {
        let is_written = self.queue.flush(LAST_LINES);
        self.queue.lock().is_closed = true;
        self.queue.changed.notify_all();
        // A thread that waits for a reader which is not there ends with the process.
        if is_written && let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, PipeWriter, Read, pipe};

    use super::*;

    fn start() -> (Arc<LogQueue>, LogThread, PipeReader) {
        let (reader, writer): (PipeReader, PipeWriter) = pipe().unwrap();
        let queue = Arc::new(LogQueue::default());
        let thread = LogThread::start(Arc::clone(&queue), writer).unwrap();
        (queue, thread, reader)
    }

    fn read(mut reader: PipeReader) -> String {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn lines_come_out_in_order_and_all_of_them_by_the_end() {
        let (queue, thread, reader) = start();
        let expected: String = (0..1000).map(|number| format!("line {number}\n")).collect();
        for line in expected.split_inclusive('\n') {
            (&*queue).write_all(line.as_bytes()).unwrap();
        }
        let written = thread::spawn(|| read(reader));
        drop(thread);
        assert_eq!(written.join().unwrap(), expected);
    }

    #[test]
    fn a_log_that_nobody_reads_keeps_nobody_waiting_and_does_not_grow() {
        let (queue, thread, reader) = start();
        let line = vec![b'x'; 64 << 10];
        // The pipe takes one or two, the thread has some in its hands, and the queue is full long before the last.
        for _ in 0..2000 {
            (&*queue).write_all(&line).unwrap();
        }
        assert!(queue.lock().lines.len() <= CAPACITY);
        assert!(queue.lock().left_out > 0);
        assert!(!queue.flush(Duration::ZERO));
        // Its end is not waited for either, as its reader may never come.
        let ended = thread::spawn(|| drop(thread));
        drop(ended.join());
        let text = read(reader);
        assert!(!text.is_empty() && text.len() <= 3 * CAPACITY);
    }

    #[test]
    fn a_line_longer_than_the_queue_is_taken_whole() {
        let (queue, thread, reader) = start();
        let written = thread::spawn(|| read(reader));
        (&*queue).write_all(&vec![b'x'; 2 * CAPACITY]).unwrap();
        drop(thread);
        assert_eq!(written.join().unwrap().len(), 2 * CAPACITY);
    }

    #[test]
    fn a_log_that_is_closed_is_no_fault() {
        let (queue, thread, reader) = start();
        drop(reader);
        (&*queue).write_all(b"line\n").unwrap();
        assert!(queue.flush(Duration::from_secs(60)));
        drop(thread);
        (&*queue).write_all(b"too late\n").unwrap();
        assert!(queue.lock().lines.is_empty());
    }
}
