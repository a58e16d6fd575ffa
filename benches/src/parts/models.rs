//! What the server costs a real model: the time that `embed` and `generate` take in it, beside the same code in a bare loop.
//!
//! Both are programs of the examples, which have to be built before. In each round the bare loop takes its turn before the server and after
//! it, so that a machine that becomes slower or faster does not count for either, and the ratio is one inside the round. How long a client
//! waits for the first token is measured at the client, whom the tokens reach as events.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::child::{self, Server};
use crate::events::Outputs;
use crate::http::{self, Connection};
use crate::options::Options;
use crate::report::{Bound, OURS, RATIO, Report};
use crate::statistics::median;

/// How often each is asked before anything is counted: the first times, a process takes its memory.
const WARM_UP: usize = 3;

const TEXTS: [&str; 8] = [
    "A man is eating food, and another one, who sits beside him on the bench, looks on.",
    "The girl is carrying a baby through the rain, and nobody offers her an umbrella.",
    "Two trains left the station at the same time, one to the north and one to the south.",
    "He had read the letter so often that the paper came apart where it had been folded.",
    "In autumn the river rises above the lower meadows, and the herons come back.",
    "What the committee decided in the morning was forgotten by all of them at noon.",
    "A cheetah is running behind its prey, which turns at the last moment.",
    "The bread has to rest for two hours before it goes into the oven.",
];

const TOKENS: usize = 64;

const PROMPT: &str = "Once upon a time there was a king who had three sons, and";

/// One model that is measured.
struct Model {
    name: &'static str,
    input: Value,
    /// What is told of the seconds that it takes.
    figure: &'static str,
    unit: &'static str,
    value: fn(f64) -> f64,
    /// What the bare loop is given, after how often.
    arguments: Vec<String>,
    /// How many times are counted in a round: more of what takes shorter, of which single times differ more.
    times: usize,
    /// The seconds that a prediction says that it took.
    seconds: fn(&Value) -> Option<f64>,
}

pub(super) fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let directory = directory()?;
    let models = [
        Model {
            name: "embed",
            input: json!({ "texts": TEXTS }),
            figure: "8 texts",
            unit: "ms",
            value: |seconds| seconds * 1e3,
            arguments: TEXTS.map(str::to_owned).to_vec(),
            times: 20,
            seconds: |metrics| metrics["timing"]["embed"].as_f64(),
        },
        Model {
            name: "generate",
            input: json!({ "prompt": PROMPT, "chat": false, "temperature": 0, "max_tokens": TOKENS }),
            figure: "throughput",
            unit: "tokens/s",
            value: f64::recip,
            arguments: vec![TOKENS.to_string(), PROMPT.to_owned()],
            times: 4,
            seconds: |metrics| metrics["tokens_per_second"].as_f64().map(f64::recip),
        },
    ];
    let mut part = report.part("models");
    for model in &models {
        let (bare, server): (Vec<_>, Vec<_>) = (0..options.rounds)
            .map(|_| model.round(&directory))
            .collect::<anyhow::Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        let what = |figure: &str| format!("{}, {figure}", model.name);
        let ratio = median(bare.iter().zip(&server).map(|(bare, server)| bare / server));
        part.add(what(model.figure), OURS, (model.value)(median(server)), model.unit);
        part.add(what(model.figure), "bare loop", (model.value)(median(bare)), model.unit);
        part.hold(what("speed over the bare loop"), OURS, ratio, RATIO, Bound::AtLeast(0.97));
    }
    let [_, generate] = &models;
    let first = (0..options.rounds).map(|_| generate.until_first(&directory));
    let first = median(first.collect::<anyhow::Result<Vec<_>>>()?);
    part.add("generate, time to first token", OURS, first * 1e3, "ms");
    Ok(())
}

impl Model {
    /// How often it is asked in a round.
    const fn asked(&self) -> usize {
        WARM_UP + self.times
    }

    /// Returns the median seconds in a bare loop, and in the server.
    fn round(&self, directory: &Path) -> anyhow::Result<(f64, f64)> {
        let program = existing(directory.join("examples").join(format!("bare-{}", self.name)), self.name)?;
        let mut bare = self.bare(&program)?;
        let server = self.serve(directory)?;
        let seconds =
            (0..self.asked()).map(|_| self.ask(server.address())).collect::<anyhow::Result<Vec<_>>>()?;
        drop(server);
        bare.extend(self.bare(&program)?);
        Ok((median(bare), median(seconds.into_iter().skip(WARM_UP))))
    }

    /// Returns the median seconds until a client has the first output, on a server that has given some before.
    fn until_first(&self, directory: &Path) -> anyhow::Result<f64> {
        let server = self.serve(directory)?;
        let mut connection = Connection::open(server.address())?;
        let body = json!({ "input": self.input }).to_string();
        let request = http::request("POST", "/predictions", &[("accept", "text/event-stream")], &body);
        let ask = |_| {
            let outputs = Outputs::ask(&mut connection, &request)?;
            ensure!(outputs.count > 1, "`{}` has streamed {} outputs", self.name, outputs.count);
            Ok(outputs.until_first.as_secs_f64())
        };
        let seconds = (0..self.asked()).map(ask).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(median(seconds.into_iter().skip(WARM_UP)))
    }

    fn serve(&self, directory: &Path) -> anyhow::Result<Server> {
        Server::model(&existing(directory.join(self.name), self.name)?, self.name, &[])
    }

    fn bare(&self, program: &Path) -> anyhow::Result<Vec<f64>> {
        let output = Command::new(program).arg(self.asked().to_string()).args(&self.arguments).output()?;
        ensure!(
            output.status.success(),
            "`{}`: {}",
            program.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        let lines = String::from_utf8(output.stdout)?;
        lines.lines().skip(WARM_UP).map(|line| Ok(line.parse()?)).collect()
    }

    fn ask(&self, address: SocketAddr) -> anyhow::Result<f64> {
        let prediction = Connection::open(address)?.ask(&http::prediction(&self.input, &[]))?;
        ensure!(prediction["status"] == "succeeded", "`{}`: {}", self.name, prediction["error"]);
        (self.seconds)(&prediction["metrics"])
            .with_context(|| format!("`{}` has measured nothing", self.name))
    }
}

/// Where this program is, and those of the examples if they were built as it was.
pub(super) fn directory() -> anyhow::Result<PathBuf> {
    let own = child::this_program()?;
    Ok(own.parent().context("this program is in no directory")?.to_owned())
}

/// Returns a program of an example, if it is there.
pub(super) fn existing(program: PathBuf, example: &str) -> anyhow::Result<PathBuf> {
    ensure!(
        program.is_file(),
        "there is no `{}`; build it with `cargo build -p {example} --bins --examples` and the profile of this program",
        program.display()
    );
    Ok(program)
}
