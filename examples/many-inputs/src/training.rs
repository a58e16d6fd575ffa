//! A training, whose inputs are written in the same way.

use cog_core::{Input, Output, Path, Result, Scope, Setup, Trainer};

#[derive(Input)]
pub(crate) struct Lessons {
    /// What to learn from.
    dataset: Vec<Path>,
    /// How often to go through it.
    #[input(default = 3, ge = 1, le = 100)]
    epochs: u32,
}

#[derive(Output)]
pub(crate) struct Trained {
    weights: Path,
}

pub(crate) struct ByteCounter;

impl Trainer for ByteCounter {
    type Input = Lessons;
    type Output = Trained;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn train(&self, lessons: Lessons, scope: Scope) -> Result<Trained> {
        let mut bytes = 0;
        for epoch in 1..=lessons.epochs {
            scope.check()?;
            for file in &lessons.dataset {
                bytes += file.read()?.len();
            }
            scope.progress(f64::from(epoch) / f64::from(lessons.epochs));
        }
        Ok(Trained { weights: Path::from_bytes("weights.txt", bytes.to_string()) })
    }
}
