//! Every kind of input in, what was received out.
//!
//! Run with: `cargo run --release -p many-inputs`

mod inputs;
#[cfg(test)]
mod tests;
mod training;

use std::collections::BTreeMap;

use cog_core::{Json, Output, Path, Predictor, Result, Scope, Setup, Value};
use cog_server::Model;

use crate::inputs::{Edge, ManyInputs, Region, Shape, Style};
use crate::training::ByteCounter;

/// What was received. Of the secret it tells only whether there was one.
#[derive(Output)]
struct Received {
    texts: Vec<String>,
    numbers: BTreeMap<String, f64>,
    flags: Vec<bool>,
    style: Style,
    edge: Option<Edge>,
    sides: Option<Vec<String>>,
    /// The region, those of the list and the frame.
    regions: Vec<Region>,
    counts: BTreeMap<String, u16>,
    shape: Json<Shape>,
    anything: Value,
    files: Vec<ReceivedFile>,
    has_token: bool,
}

#[derive(Output)]
struct ReceivedFile {
    name: String,
    bytes: u64,
}

impl ReceivedFile {
    fn of(file: &Path) -> Result<Self> {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, bytes: std::fs::metadata(file)?.len() })
    }
}

struct ManyInputsPredictor;

impl Predictor for ManyInputsPredictor {
    type Input = ManyInputs;
    type Output = Received;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: ManyInputs, _: Scope) -> Result<Received> {
        let mut numbers = BTreeMap::from([
            ("byte".to_owned(), input.byte.into()),
            ("guidance".to_owned(), input.guidance),
            ("offset".to_owned(), input.offset as f64),
            ("old_steps".to_owned(), input.old_steps.into()),
            ("scale".to_owned(), input.scale.into()),
            ("short".to_owned(), input.short.into()),
            ("steps".to_owned(), input.steps.into()),
            ("strength".to_owned(), input.strength.into()),
        ]);
        numbers.extend(input.seed.map(|seed| ("seed".to_owned(), seed as f64)));
        numbers.extend(input.temperature.map(|temperature| ("temperature".to_owned(), temperature)));
        let weights = input.weights.into_iter().enumerate();
        numbers.extend(weights.map(|(place, weight)| (format!("weights/{place}"), weight)));

        let texts = [input.text, input.word, input.note, input.format];
        let regions = std::iter::once(input.region).chain(input.regions).chain(input.frame);
        Ok(Received {
            texts: texts.into_iter().chain(input.caption).chain(input.tags).collect(),
            numbers,
            flags: std::iter::once(input.is_tiled).chain(input.is_draft).collect(),
            style: input.style,
            edge: input.edge,
            sides: input.sides,
            regions: regions.collect(),
            counts: input.counts,
            shape: input.shape,
            anything: input.anything,
            files: input.files.iter().chain(&input.file).map(ReceivedFile::of).collect::<Result<_>>()?,
            has_token: input.token.is_some(),
        })
    }
}

fn main() -> std::process::ExitCode {
    Model::predictor::<ManyInputsPredictor>().with_trainer::<ByteCounter>().main()
}
