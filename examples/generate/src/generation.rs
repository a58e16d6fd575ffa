//! From a prompt to pieces of text, one token after the other.
//!
//! A piece is handed over before the next token is thought about, so whoever reads sees each one when it is there. No piece has a part of a
//! character, and none has what follows a stop string.

use std::time::Instant;

use anyhow::{Error, Result, ensure};
use cog_core::Scope;
use tokenizers::{
    DecodeStream, DecoderWrapper, ModelWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
};

use crate::model::{Model, Session};
use crate::sampler::{Sampler, Sampling};
use crate::stop::{Passed, StopFilter};

/// How a text is continued.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many tokens follow at most.
    pub max_tokens: usize,
    /// The text ends before the first of these.
    pub stop: Vec<String>,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_tokens: 256, stop: Vec::new(), sampling: Sampling::default() }
    }
}

type Detokenizer<'a> = DecodeStream<
    'a,
    ModelWrapper,
    NormalizerWrapper,
    PreTokenizerWrapper,
    PostProcessorWrapper,
    DecoderWrapper,
>;

/// The pieces of a text, made when they are asked for.
pub struct Generation<'a> {
    model: &'a Model,
    session: Session,
    sampler: Sampler,
    detokenizer: Detokenizer<'a>,
    stop: StopFilter,
    /// The prompt and what has followed.
    tokens: Vec<u32>,
    /// Those at its end that the session has not read yet.
    unread: Vec<u32>,
    /// How many tokens the prompt has.
    prompt: usize,
    /// How many there may be with what follows.
    limit: usize,
    is_over: bool,
    scope: Scope,
    began: Instant,
    /// When the first token was chosen, and the last one.
    chosen: Option<(Instant, Instant)>,
}

impl Model {
    /// Continues a prompt. Between two tokens it asks `scope` whether to stop; how many tokens there were and how long they took it is told
    /// when the text is over or dropped.
    ///
    /// # Errors
    /// When the prompt has no token, or leaves no room for another.
    pub fn generate(&self, prompt: &str, settings: Settings, scope: Scope) -> Result<Generation<'_>> {
        let began = Instant::now();
        let tokens = self.tokens(prompt)?;
        let room = self.context_length();
        ensure!(!tokens.is_empty(), "there is nothing to continue");
        ensure!(
            tokens.len() < room,
            "the prompt has {} tokens, and the model takes {room} together with those that it adds; send a shorter one",
            tokens.len()
        );
        Ok(Generation {
            model: self,
            session: self.session(),
            sampler: Sampler::new(settings.sampling),
            detokenizer: self.tokenizer().decode_stream(true),
            stop: StopFilter::new(settings.stop),
            unread: tokens.clone(),
            prompt: tokens.len(),
            limit: room.min(tokens.len().saturating_add(settings.max_tokens)),
            tokens,
            is_over: false,
            scope,
            began,
            chosen: None,
        })
    }
}

impl Iterator for Generation<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Result<String>> {
        while !self.is_over {
            let piece = self.step();
            self.is_over |= piece.is_err();
            if !piece.as_ref().is_ok_and(String::is_empty) {
                return Some(piece);
            }
        }
        None
    }
}

impl Generation<'_> {
    /// Adds a token, and returns what can be shown of it and of those before it.
    fn step(&mut self) -> Result<String> {
        if self.tokens.len() >= self.limit {
            self.is_over = true;
            return Ok(self.stop.rest());
        }
        let unread = std::mem::take(&mut self.unread);
        let logits = self.session.read(&unread, || Ok(self.scope.check()?))?;
        let token = self.sampler.choose(logits, &self.tokens);
        let now = Instant::now();
        self.chosen = Some((self.chosen.map_or(now, |(first, _)| first), now));
        if self.model.is_end(token) {
            self.is_over = true;
            return Ok(self.stop.rest());
        }
        self.tokens.push(token);
        self.unread.push(token);
        let piece = self.detokenizer.step(token).map_err(Error::from_boxed)?.unwrap_or_default();
        Ok(match self.stop.push(&piece) {
            Passed::Text(text) => text,
            Passed::Last(text) => {
                self.is_over = true;
                text
            }
        })
    }

    fn measure(&self) -> Result<()> {
        let count = self.tokens.len() - self.prompt;
        self.scope.record_metric("input_token_count", self.prompt as u64)?;
        self.scope.record_metric("output_token_count", count as u64)?;
        let Some((first, last)) = self.chosen else { return Ok(()) };
        self.scope.record_metric("time_to_first_token", (first - self.began).as_secs_f64())?;
        if count > 1 {
            let seconds = (last - first).as_secs_f64();
            self.scope.record_metric("tokens_per_second", (count - 1) as f64 / seconds)?;
        }
        Ok(())
    }
}

impl Drop for Generation<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.measure() {
            self.scope.log(format_args!("warning: {error}"));
        }
    }
}
