//! The predictor: a prompt in, a text out, piece by piece.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::PathBuf;

use anyhow::Context as _;
use cog_core::{ConcatenateStream, Input, Predictor, Result, Scope, Setup, candle, current_scope};

use crate::sampler::Sampling;
use crate::{Model, Settings};

/// What `cargo xtask models generate` fetches.
const DEFAULT: &str = "~/.cache/cog/models/generate/SmolLM2-135M-Instruct.Q4_1.gguf";

/// What a client asks for.
#[derive(Debug, Input)]
pub struct Request {
    /// What to answer, or to continue.
    #[input(min_length = 1, max_length = 100_000)]
    pub prompt: String,
    /// What the model shall be in a chat. The model has its own words for it when this is omitted.
    #[input(max_length = 100_000)]
    pub system_prompt: Option<String>,
    /// Whether the prompt is something said in a chat, or the beginning of a text.
    #[input(default = true)]
    pub chat: bool,
    /// The most tokens to add. A token is three quarters of an English word.
    #[input(default = 256, ge = 1, le = 4096)]
    pub max_tokens: usize,
    /// Higher is more surprising. At 0 the most likely token is taken each time.
    #[input(default = 0.7, ge = 0.0, le = 5.0)]
    pub temperature: f32,
    /// Only the most likely tokens are in question that have this much of the probability together.
    #[input(default = 0.9, ge = 0.0, le = 1.0)]
    pub top_p: f32,
    /// Only so many of the most likely tokens are in question. All, if omitted.
    #[input(ge = 1)]
    pub top_k: Option<usize>,
    /// Above 1, tokens that were there lately become less likely.
    #[input(default = 1.1, ge = 1.0, le = 2.0)]
    pub repeat_penalty: f32,
    /// The text ends before the first of these.
    #[input(default = [], min_length = 1, max_length = 100)]
    pub stop: Vec<String>,
    /// The same seed makes the same text. A random one is in the logs, if this is omitted.
    pub seed: Option<u64>,
}

/// The model.
pub struct Generate {
    model: Model,
}

impl Predictor for Generate {
    type Input = Request;
    type Output = ConcatenateStream<'static>;

    async fn setup(setup: &Setup) -> Result<Self> {
        let file = Self::file(setup).await?;
        let model = Model::load(&file, &candle::device(setup)?)?;
        current_scope().log(format_args!("loaded `{}`", file.display()));
        Ok(Self { model })
    }

    async fn predict(&self, request: Request, scope: Scope) -> Result<ConcatenateStream<'_>> {
        let Request { prompt, system_prompt, chat, max_tokens, stop, .. } = request;
        let prompt = if chat { self.model.chat(system_prompt.as_deref(), &prompt)? } else { prompt };
        let seed = request.seed.unwrap_or_else(|| {
            let seed = random_seed();
            scope.log(format_args!("seed {seed}"));
            seed
        });
        let sampling = Sampling {
            temperature: request.temperature,
            top_k: request.top_k,
            top_p: request.top_p,
            repeat_penalty: request.repeat_penalty,
            seed,
        };
        let settings = Settings { max_tokens, stop, sampling };
        Ok(ConcatenateStream::from_iter(self.model.generate(&prompt, settings, scope)?))
    }
}

impl Generate {
    /// Finds, or brings, the file of the weights that the setup names.
    ///
    /// # Errors
    /// When it is not to be had.
    pub async fn file(setup: &Setup) -> Result<PathBuf> {
        setup.weights_or(DEFAULT).await.context(
            "cannot find the model: run `cargo xtask models generate`, or set `COG_WEIGHTS` to a GGUF file of a Llama",
        )
    }
}

/// Another number each time. Of 32 bits, which every client of JSON can send back as they are.
fn random_seed() -> u64 {
    RandomState::new().build_hasher().finish() >> 32
}
