//! The model that is measured: hello-world, behind all that a model's binary has.

use cog_core::{Input, Predictor, Result, Scope, Setup};

/// The name under which the binary is this model.
pub(crate) const NAME: &str = "hello";

#[derive(Input)]
pub(crate) struct Greeting {
    /// Whom to greet.
    text: String,
}

pub(crate) struct HelloWorld;

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
