//! Hello-world, behind all that a model's binary has.

use cog_core::{Input, Predictor, Result, Scope, Setup};

#[derive(Input)]
pub(super) struct Greeting {
    /// Whom to greet.
    text: String,
}

pub(super) struct HelloWorld;

impl Predictor for HelloWorld {
    type Input = Greeting;
    type Output = String;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Greeting, _: Scope) -> Result<String> {
        Ok(format!("hello {}", input.text))
    }
}
