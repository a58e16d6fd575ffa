//! Hello-world that can be asked to wait until every slot is at work.

use std::sync::Barrier;

use cog_core::{Input, Predictor, Result, Scope, Setup};

/// How many slots it needs.
pub(crate) const SLOTS: usize = 32;

#[derive(Input)]
pub(super) struct Greeting {
    /// Whom to greet.
    text: String,
    /// Whether to wait until as many others as there are slots wait as well.
    #[input(default = false)]
    together: bool,
}

pub(super) struct Greeter(Barrier);

impl Predictor for Greeter {
    type Input = Greeting;
    type Output = String;

    const MAX_CONCURRENCY: usize = SLOTS;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self(Barrier::new(SLOTS)))
    }

    async fn predict(&self, input: Greeting, _: Scope) -> Result<String> {
        if input.together {
            self.0.wait();
        }
        Ok(format!("hello {}", input.text))
    }
}
