//! Text in, text out: the smallest predictor.
//!
//! Run with: `cargo run --release -p hello-world`

use cog_core::{Input, Predictor, Result, Scope, Setup};

#[derive(Input)]
struct Greeting {
    /// Whom to greet.
    text: String,
}

struct HelloWorld;

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

fn main() -> std::process::ExitCode {
    cog_server::main::<HelloWorld>()
}
