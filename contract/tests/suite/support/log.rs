//! What a server says of itself.

use std::io::{BufRead, BufReader};
use std::process::ChildStderr;
use std::sync::{Condvar, Mutex};

use super::LIMIT;

/// What a server says on standard error.
#[derive(Default)]
pub(super) struct Log {
    state: Mutex<LogState>,
    changed: Condvar,
}

#[derive(Default)]
struct LogState {
    text: String,
    is_over: bool,
}

impl Log {
    pub(super) fn read(&self, stderr: ChildStderr) {
        let mut stderr = BufReader::new(stderr);
        let mut line = Vec::new();
        while stderr.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            self.change(|state| state.text += &String::from_utf8_lossy(&line));
            line.clear();
        }
        self.change(|state| state.is_over = true);
    }

    pub(super) fn text(&self) -> String {
        self.state.lock().unwrap().text.clone()
    }

    fn change(&self, change: impl FnOnce(&mut LogState)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    /// Waits for a line with `part` in it; returns the whole log if there is none.
    pub(super) fn wait_for(&self, part: &str) -> Result<String, String> {
        let find = |state: &LogState| state.text.lines().find(|line| line.contains(part)).map(str::to_owned);
        let state = self.state.lock().unwrap();
        let waiting = |state: &mut LogState| find(state).is_none() && !state.is_over;
        let (state, _) = self.changed.wait_timeout_while(state, LIMIT, waiting).unwrap();
        find(&state).ok_or_else(|| state.text.clone())
    }
}
