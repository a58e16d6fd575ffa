//! Running a command line and looking at what it did.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use cog_core::Predictor;
use cog_server::{Model, Process};
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedSender;

/// What a command line came to. `directory` is where it ran.
pub(crate) struct Ran {
    pub(crate) code: ExitCode,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) directory: TempDir,
}

impl Ran {
    /// The content of a file in the directory.
    #[track_caller]
    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(name)).unwrap()
    }

    /// The names in the directory.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Checks that it ended with `code` and had one line to say, which is `line`.
    #[track_caller]
    pub(crate) fn failed(&self, code: u8, line: &str) {
        assert_eq!((self.stderr.as_str(), self.code), (&*format!("{line}\n"), ExitCode::from(code)));
        assert_eq!(self.stdout, "");
    }

    /// Checks that it succeeded and said this on standard error.
    #[track_caller]
    pub(crate) fn succeeded_with(&self, told: &str) {
        assert_eq!((self.code, self.stderr.as_str()), (ExitCode::SUCCESS, told));
    }

    /// Checks that it succeeded.
    #[track_caller]
    pub(crate) fn succeeded(&self) -> &Self {
        assert_eq!((self.code, self.stderr.as_str()), (ExitCode::SUCCESS, ""));
        self
    }
}

/// Runs `model` with these arguments in a directory of its own.
pub(crate) fn run<P: Predictor>(arguments: &[&str]) -> Ran {
    run_with::<P>(arguments, tempfile::tempdir().unwrap(), |process| process)
}

/// The same in the given directory and with a process that `prepare` has changed.
pub(crate) fn run_with<P: Predictor>(
    arguments: &[&str],
    directory: TempDir,
    prepare: impl FnOnce(Process) -> Process,
) -> Ran {
    run_model(&Model::predictor::<P>(), arguments, directory, prepare)
}

/// The same for a model that may have more than a predictor.
pub(crate) fn run_model(
    model: &Model,
    arguments: &[&str],
    directory: TempDir,
    prepare: impl FnOnce(Process) -> Process,
) -> Ran {
    let (stdout, stderr) = (Pipe::default(), Pipe::default());
    let process = Process::new(["path/to/model"].iter().chain(arguments))
        .with_directory(directory.path())
        .with_stdout(stdout.clone())
        .with_stderr(stderr.clone());
    let code = model.run(prepare(process));
    // Where a test runs is no part of what is told.
    let stderr = stderr.text().replace(&format!("{}/", directory.path().display()), "");
    Ran { code, stdout: stdout.text(), stderr, directory }
}

/// A writer whose writes can be read.
#[derive(Clone, Default)]
pub(crate) struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Pipe {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(content)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A standard output that sends signal 130, once by each sender, when something arrives.
pub(crate) struct Tripwire(pub(crate) Vec<UnboundedSender<u8>>);

impl Write for Tripwire {
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        for sender in &self.0 {
            sender.send(130).unwrap();
        }
        Ok(content.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A standard output whose reader has gone.
pub(crate) struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
