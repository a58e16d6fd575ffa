//! What a command line touches of the process that it runs in.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use cog_process::{Stream, duplicate};
use tokio::sync::mpsc::UnboundedReceiver;

use super::failure::Failure;
use super::signals::Signals;
use crate::env::{self, Environment};

/// Arguments, environment, streams and signals: all that [`run`](crate::Model::run) knows of the world.
///
/// One that is [new](Self::new) has no environment, reads nothing, prints to nowhere and hears of no signal.
pub struct Process {
    arguments: Vec<OsString>,
    environment: HashMap<OsString, OsString>,
    directory: PathBuf,
    stdin: Box<dyn Read + Send>,
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    has_terminal: bool,
    is_whole: bool,
    signals: Signals,
}

impl Process {
    /// A process with these arguments, the first of which is its name.
    pub fn new(arguments: impl IntoIterator<Item: Into<OsString>>) -> Self {
        Self {
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: HashMap::new(),
            directory: PathBuf::new(),
            stdin: Box::new(io::empty()),
            stdout: Box::new(io::sink()),
            stderr: Box::new(io::sink()),
            has_terminal: false,
            is_whole: false,
            signals: Signals::Ignored,
        }
    }

    /// This process, all of it: logging and signals too are the command line's.
    #[must_use]
    pub fn current() -> Self {
        Self {
            environment: std::env::vars_os().collect(),
            stdin: Box::new(io::stdin()),
            stdout: own(Stream::Stdout).unwrap_or_else(|| Box::new(io::stdout())),
            stderr: own(Stream::Stderr).unwrap_or_else(|| Box::new(io::stderr())),
            has_terminal: io::stderr().is_terminal(),
            is_whole: true,
            signals: Signals::OfProcess,
            ..Self::new(std::env::args_os())
        }
    }

    /// Sets the arguments, the first of which is its name. For programs that have commands of their own.
    #[must_use]
    pub fn with_arguments(mut self, arguments: impl IntoIterator<Item: Into<OsString>>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the environment.
    #[must_use]
    pub fn with_environment<K: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.environment = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    /// Sets the directory that paths on the command line start from.
    #[must_use]
    pub fn with_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Sets what standard input holds.
    #[must_use]
    pub fn with_stdin(mut self, stdin: impl Read + Send + 'static) -> Self {
        self.stdin = Box::new(stdin);
        self
    }

    /// Sets where standard output goes.
    #[must_use]
    pub fn with_stdout(mut self, stdout: impl Write + Send + 'static) -> Self {
        self.stdout = Box::new(stdout);
        self
    }

    /// Sets where standard error goes.
    #[must_use]
    pub fn with_stderr(mut self, stderr: impl Write + Send + 'static) -> Self {
        self.stderr = Box::new(stderr);
        self
    }

    /// Sets who signals it. A signal is the exit code that it leads to, such as 130 for Ctrl-C.
    #[must_use]
    pub fn with_signals(mut self, signals: UnboundedReceiver<u8>) -> Self {
        self.signals = Signals::Given(signals);
        self
    }

    /// What the binary is called: the last part of the first argument.
    pub(super) fn name(&self) -> String {
        let path = self.arguments.first().map(Path::new).and_then(Path::file_name);
        let name = path.map_or_else(|| "model".into(), |name| name.to_string_lossy());
        name.strip_suffix(".exe").unwrap_or(&name).to_owned()
    }

    pub(super) fn arguments(&self) -> &[OsString] {
        &self.arguments
    }

    pub(super) fn environment(&self) -> Environment {
        env::read(&self.environment)
    }

    /// Whether standard error is a terminal, and so somebody may be looking.
    pub(super) const fn has_terminal(&self) -> bool {
        self.has_terminal
    }

    /// Whether the process is the command line's, so that it may decide where logs go and what memory is kept.
    pub(super) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Takes the signals out; they have one listener.
    pub(super) fn take_signals(&mut self) -> Signals {
        std::mem::replace(&mut self.signals, Signals::Ignored)
    }

    /// Finds a path that somebody wrote on the command line.
    pub(super) fn locate(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.join(path)
    }

    /// Reads standard input to its end.
    pub(super) fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.stdin.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Writes to standard output, to be seen at once.
    pub(super) fn write(&mut self, content: &[u8]) -> Result<(), Failure> {
        let written = self.stdout.write_all(content).and_then(|()| self.stdout.flush());
        written.map_err(|error| Failure::of_output(&error))
    }

    /// Writes a text to standard output.
    pub(super) fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Writes a line to standard error.
    pub(super) fn tell(&mut self, line: &str) {
        self.tell_as_it_is(&format!("{line}\n"));
    }

    /// Writes to standard error. If nobody can be told, there is nobody to tell that either.
    pub(super) fn tell_as_it_is(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes()).and_then(|()| self.stderr.flush());
    }
}

/// A stream as it is now: author code that prints to it is captured later, and the command line is not.
fn own(stream: Stream) -> Option<Box<dyn Write + Send>> {
    duplicate(stream).ok().map(|stream| Box::new(stream) as _)
}

impl fmt::Debug for Process {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the environment: it may hold secrets.
        formatter.debug_struct("Process").field("arguments", &self.arguments).finish_non_exhaustive()
    }
}
