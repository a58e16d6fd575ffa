//! What trains: it plays scripts as well, and has an input and an output of its own.

use cog_core::{Input, Json, Output, Path, Result, Scope, Setup, Trainer};
use futures::TryStreamExt;

use crate::play::play;
use crate::script::{Script, Step};

/// The input of a training.
#[derive(Input)]
pub(crate) struct Lessons {
    /// How many letters the weights shall have.
    #[input(ge = 1)]
    n: usize,
    /// What to do before.
    steps: Option<Json<Vec<Step>>>,
}

#[derive(Output)]
pub(crate) struct Trained {
    weights: Path,
}

/// Adds letters to the weights that it was set up with.
pub(crate) struct School {
    base: String,
}

impl Trainer for School {
    type Input = Lessons;
    type Output = Trained;

    async fn setup(setup: &Setup) -> Result<Self> {
        Ok(Self { base: setup.weights().map(ToString::to_string).unwrap_or_default() })
    }

    async fn train(&self, lessons: Lessons, scope: Scope) -> Result<Trained> {
        let script = Script { steps: lessons.steps, ..Script::default() };
        play(script, scope).try_for_each(|_| async { Ok(()) }).await?;
        Ok(Trained { weights: Path::from_bytes("w.txt", self.base.clone() + &"w".repeat(lessons.n)) })
    }
}
