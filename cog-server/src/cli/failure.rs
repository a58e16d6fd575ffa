//! Why a command did not do what it was told, and the exit code that says so.

use std::io;
use std::process::ExitCode;

/// The end of a command that is not success.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The command line asks for something that cannot be.
    Usage(String),
    /// What was asked for did not work out.
    Failed(String),
    /// A signal ended it; this is the exit code that a shell would report.
    Interrupted(u8),
    /// A signal stopped a server, as it should; this is the exit code. There is nothing to tell.
    Stopped(u8),
    /// Whoever read standard output has gone. That is no news to anybody.
    ClosedPipe,
}

impl Failure {
    /// Puts what clap has to say into one line.
    pub(super) fn usage_of(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let message = text.strip_prefix("error: ").unwrap_or(&text);
        // What follows is the usage, which `--help` tells better.
        let lines = message.lines().take_while(|line| !line.starts_with("Usage:"));
        let lines =
            lines.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("For more information"));
        let mut line = String::new();
        for part in lines {
            let separator = match line.chars().last() {
                None => "",
                Some(':') => " ",
                Some(_) if part.starts_with('[') => " ",
                Some(_) => "; ",
            };
            line.push_str(separator);
            line.push_str(part);
        }
        Self::Usage(line)
    }

    /// Writing to standard output has failed.
    pub(super) fn of_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Failed(format!("cannot write to standard output: {error}")),
        }
    }

    /// What to tell of it, if anything.
    pub(super) fn line(&self) -> Option<String> {
        match self {
            Self::Usage(message) | Self::Failed(message) => Some(format!("error: {message}")),
            Self::Interrupted(_) => Some("canceled".to_owned()),
            Self::Stopped(_) | Self::ClosedPipe => None,
        }
    }

    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
            Self::Interrupted(code) | Self::Stopped(code) => *code,
            // As if SIGPIPE had ended it, as it ends most programs.
            Self::ClosedPipe => 141,
        })
    }
}
