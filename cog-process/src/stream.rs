//! The two streams that a process prints to.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

/// Standard output or standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// File descriptor 1.
    Stdout,
    /// File descriptor 2.
    Stderr,
}

impl Stream {
    /// Makes the stream lead to where `to` leads.
    pub(crate) fn redirect(self, to: impl AsFd) -> io::Result<()> {
        match self {
            Self::Stdout => rustix::stdio::dup2_stdout(to)?,
            Self::Stderr => rustix::stdio::dup2_stderr(to)?,
        }
        Ok(())
    }
}

/// Returns a writer to where `stream` leads now, wherever it leads later. Nothing is buffered, and child processes do not inherit it.
///
/// # Errors
/// When the process has no file descriptor left.
pub fn duplicate(stream: Stream) -> io::Result<File> {
    let descriptor = match stream {
        Stream::Stdout => io::stdout().as_fd().try_clone_to_owned(),
        Stream::Stderr => io::stderr().as_fd().try_clone_to_owned(),
    };
    descriptor.map(File::from)
}
