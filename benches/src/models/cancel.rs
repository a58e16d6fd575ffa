//! What goes on until it is canceled, in the two ways in which a model can hear of that.

use std::time::{Duration, Instant};

use cog_core::{Choices, Input, Predictor, Result, Scope, Setup};

/// How long it computes before it asks whether to stop.
const STEP: Duration = Duration::from_micros(100);

#[derive(Choices)]
pub(super) enum Work {
    /// None.
    None,
    /// Wait for what does not come: the future is dropped.
    Wait,
    /// Compute, and ask now and then.
    Compute,
}

#[derive(Input)]
pub(super) struct Asked {
    /// What to do.
    work: Work,
}

pub(super) struct Patient;

impl Predictor for Patient {
    type Input = Asked;
    type Output = bool;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Asked, scope: Scope) -> Result<bool> {
        match input.work {
            Work::None => Ok(true),
            Work::Wait => std::future::pending().await,
            Work::Compute => loop {
                let begun = Instant::now();
                while begun.elapsed() < STEP {
                    std::hint::spin_loop();
                }
                scope.check()?;
            },
        }
    }
}
