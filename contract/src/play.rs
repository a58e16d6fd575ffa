//! Doing what a script says.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::process::Command;

use async_stream::try_stream;
use cog_core::{Defunct, LogSource, MetricMode, Path, Result, Scope, Value, anyhow, json};
use futures::Stream;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedSender};

use crate::meeting::{self, CleanUp};
use crate::script::{Script, Source, Step};

/// One thing that a script outputs.
pub(crate) enum Part {
    Json(Value),
    File(Path),
}

/// Plays a script. It goes on only while it is polled, and gives out each part before it does the next step.
pub(crate) fn play(script: Script, scope: Scope) -> impl Stream<Item = Result<Part>> {
    let steps = script.steps.map(|steps| steps.0).unwrap_or_default();
    let files = script.file.into_iter().chain(script.files.into_iter().flatten()).collect();
    let echo = json!({ "note": script.note, "secret": script.secret.map(|secret| secret.expose().len()) });
    try_stream! {
        let (sender, mut parts) = mpsc::unbounded_channel();
        let mut player = Player { scope, files, echo, parts: sender, clean_ups: Vec::new() };
        let mut playing = pin!(player.perform(steps));
        loop {
            let next = tokio::select! {
                biased;
                Some(part) = parts.recv() => Ok(part),
                ended = playing.as_mut() => Err(ended),
            };
            match next {
                Ok(part) => yield part,
                Err(ended) => break ended?,
            }
        }
        while let Ok(part) = parts.try_recv() {
            yield part;
        }
    }
}

struct Player {
    scope: Scope,
    files: Vec<Path>,
    echo: Value,
    parts: UnboundedSender<Part>,
    clean_ups: Vec<CleanUp>,
}

impl Player {
    async fn perform(&mut self, steps: Vec<Step>) -> Result<()> {
        for step in steps {
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: Step) -> Result<()> {
        let scope = &self.scope;
        match step {
            Step::Log(line) => scope.log(line),
            Step::Write { source, text } => scope.write_log(source.into(), &text),
            Step::Trace(line) => tracing::info!("{line}"),
            Step::Stdout(text) => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(text.as_bytes())?;
                stdout.flush()?;
            }
            Step::Stderr(text) => io::stderr().write_all(text.as_bytes())?,
            Step::Descriptor(text) => std::fs::write("/dev/fd/1", text)?,
            Step::Child(text) => drop(Command::new("/bin/printf").args(["%s", &text]).status()?),
            Step::Flood(lines) => (0..lines).for_each(|line| scope.log(line)),
            Step::Metric { name, value, mode } => {
                let mode = mode.map_or(Ok(MetricMode::default()), |word| word.parse())?;
                scope.record_metric_with(&name, value, mode)?;
            }
            Step::MetricNan(name) => scope.record_metric(&name, f64::NAN)?,
            Step::DeleteMetric(name) => scope.delete_metric(&name)?,
            Step::Progress { fraction, message: None } => scope.progress(fraction),
            Step::Progress { fraction, message: Some(message) } => scope.progress_with(fraction, message),
            Step::Output(value) => self.output(Part::Json(value)).await,
            Step::Outputs(count) => {
                for number in 0..count {
                    self.output(Part::Json(number.into())).await;
                }
            }
            Step::File { name, text } => self.output(Part::File(Path::from_bytes(name, text))).await,
            Step::DiskFile { name, text } => {
                let path = scope.directory()?.join(name);
                std::fs::write(&path, text)?;
                self.output(Part::File(path.into())).await;
            }
            Step::Path(path) => self.output(Part::File(path.into())).await,
            Step::Read => self.output(Part::Json(self.read()?)).await,
            Step::Echo => self.output(Part::Json(self.echo.clone())).await,
            Step::Context(name) => self.output(Part::Json(scope.context(&name).into())).await,
            Step::Directory => {
                let directory = scope.directory()?.display().to_string();
                self.output(Part::Json(directory.into())).await;
            }
            Step::Meet(address) => self.meet(address).await?,
            Step::Block(address) => meeting::block(address, scope)?,
            Step::Ignore(address) => meeting::ignore(address)?,
            Step::CleanUp(address) => self.clean_ups.push(CleanUp(address)),
            Step::Fail(chain) => return Err(failure(chain)),
            Step::Defunct(chain) => return Err(Defunct::new(failure(chain)).into()),
            Step::Panic(message) => panic(&message),
            Step::Exit(code) => std::process::exit(code),
        }
        Ok(())
    }

    /// Gives a part out, and waits until it is taken.
    async fn output(&self, part: Part) {
        // Nobody listens only when nobody polls this either.
        let _ = self.parts.send(part);
        tokio::task::yield_now().await;
    }

    /// Does what the test says, a step in each line, and says `done` after each.
    async fn meet(&mut self, address: SocketAddr) -> Result<()> {
        let mut test = BufReader::new(TcpStream::connect(address).await?);
        let mut line = String::new();
        while test.read_line(&mut line).await? > 0 {
            Box::pin(self.step(serde_json::from_str(&line)?)).await?;
            test.write_all(b"done\n").await?;
            line.clear();
        }
        Ok(())
    }

    fn read(&self) -> Result<Value> {
        let files = self.files.iter().map(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let text = String::from_utf8_lossy(&file.read()?).into_owned();
            Ok(json!({ "name": name, "path": file.display().to_string(), "text": text }))
        });
        files.collect()
    }
}

fn failure(chain: Vec<String>) -> anyhow::Error {
    let mut inwards = chain.into_iter().rev();
    let cause = anyhow::Error::msg(inwards.next().unwrap_or_default());
    inwards.fold(cause, anyhow::Error::context)
}

#[expect(clippy::panic, reason = "the test asked for it")]
fn panic(message: &str) {
    panic!("{message}");
}

impl From<Source> for LogSource {
    fn from(source: Source) -> Self {
        match source {
            Source::Stdout => Self::Stdout,
            Source::Stderr => Self::Stderr,
        }
    }
}
