//! Every mistake is told at once, and nothing that follows from one is.

use std::path::PathBuf;

use cog_core::{Choices, FieldPath, Input, InputValue, Output, Predictor, Result, Scope, Setup, Value, json};

#[derive(Input)]
struct Prompt {
    #[input(min = 1, default = "x")]
    count: i64,
    #[input(ge = 2, le = 1)]
    temperature: f64,
    #[input(regex = "(", choices = [])]
    text: String,
    mask: PathBuf,
    #[input(default = Sampler::Greedy)]
    sampler: Sampler,
}

#[derive(Choices)]
enum Sampler {
    Greedy,
    TopP { p: f64 },
    #[choice(1)]
    First,
}

#[derive(Output)]
struct Scores<'a> {
    #[output(default = 1)]
    best: &'a str,
}

struct Model;

impl Predictor for Model {
    type Input = Prompt;
    type Output = Scores<'static>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, _: Prompt, _: Scope) -> Result<Scores<'static>> {
        Ok(Scores { best: "none" })
    }
}

fn main() {
    let _ = (Prompt::schema(), Sampler::choices(), Value::from(Sampler::Greedy));
    let _ = Prompt::decode(&mut json!({}), &FieldPath::Root);
}
