//! Calls a predictor as the Rust type that it is: no engine, no JSON. The tests below are what an author's look like.
//!
//! Run with: `cargo run -p cog-core --example typed`, and its tests with `cargo test -p cog-core --example typed`

use std::io::{Write as _, stdout};

use cog_core::{ConcatenateStream, Input, Predictor, Result, Scope, Setup, anyhow::ensure};
use futures::TryStreamExt as _;

#[derive(Input)]
struct Line {
    /// What to say.
    text: String,
    /// How often.
    #[input(default = 2, ge = 1, le = 10)]
    times: usize,
}

struct Parrot {
    separator: &'static str,
}

impl Predictor for Parrot {
    type Input = Line;
    type Output = ConcatenateStream<'static>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self { separator: ", " })
    }

    async fn predict(&self, input: Line, scope: Scope) -> Result<ConcatenateStream<'_>> {
        ensure!(!input.text.is_empty(), "there is nothing to say");
        Ok(ConcatenateStream::from_iter((0..input.times).map(move |time| {
            scope.increment_metric("times", 1)?;
            let separator = if time == 0 { "" } else { self.separator };
            Ok(format!("{separator}{}", input.text))
        })))
    }
}

/// All that the parrot says.
async fn say(text: &str, times: usize) -> Result<String> {
    let parrot = Parrot::setup(&Setup::default()).await?;
    let line = Line { text: text.to_owned(), times };
    // Outside a prediction a scope does nothing.
    parrot.predict(line, Scope::none()).await?.into_inner().try_collect().await
}

#[tokio::main]
async fn main() -> Result<()> {
    writeln!(stdout(), "{}", say("hello", 3).await?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::say;

    #[tokio::test]
    async fn it_repeats() {
        assert_eq!(say("hello", 2).await.unwrap(), "hello, hello");
    }

    #[tokio::test]
    async fn it_needs_something_to_say() {
        assert_eq!(say("", 2).await.unwrap_err().to_string(), "there is nothing to say");
    }
}
