//! The model: a Llama from a GGUF file, with the tokenizer and the chat template that are in the file.
//!
//! Owns the weights, which never change: each [`Session`] has a state of its own, so sessions may run side by side.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context as _, Error, Result, ensure};
use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::tokenizer::TokenizerFromGguf as _;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::{MAX_SEQ_LEN, ModelWeights};
use cog_core::candle;
use minijinja::{Environment, context};
use tokenizers::Tokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;

use crate::requantized::requantized;

/// Asks for no more at once than is computed while nobody minds waiting: a cancel is heeded between two such parts of a prompt.
const PART: usize = 64;

/// A language model that is ready to be asked.
pub struct Model {
    network: ModelWeights,
    tokenizer: Tokenizer,
    chat_template: Option<String>,
    ends: Vec<u32>,
    context_length: usize,
    device: Device,
}

/// A text that the model reads and continues.
pub struct Session {
    network: ModelWeights,
    length: usize,
    device: Device,
}

impl Model {
    /// Loads a GGUF file and puts the network on `device`.
    ///
    /// # Errors
    /// When the file is none, is cut short, or has another network than a Llama in it.
    pub fn load(path: &Path, device: &Device) -> Result<Self> {
        candle::gguf(path, |content, file| Self::read(file, content, device))
    }

    fn read(file: &mut BufReader<File>, content: Content, device: &Device) -> Result<Self> {
        let text = |key: &str| content.metadata.get(key).and_then(|value| value.to_string().ok());
        let number = |key: &str| content.metadata.get(key).and_then(|value| value.to_u32().ok());
        let architecture = text("general.architecture").context("it does not say what it is")?;
        ensure!(architecture == "llama", "it is a `{architecture}`, and this program runs `llama` only");

        let mut tokenizer = Tokenizer::from_gguf(&content).context("there is no tokenizer in it")?;
        if text("tokenizer.ggml.pre").is_some_and(|name| name == "smollm") {
            // candle does not know this one, and takes another that puts a space before each text.
            let parts = vec![Digits::new(true).into(), ByteLevel::new(false, true, true).into()];
            tokenizer.with_pre_tokenizer(Some(Sequence::new(parts)));
        }
        let ends = [number("tokenizer.ggml.eos_token_id"), tokenizer.token_to_id("<|endoftext|>")];
        let chat_template = text("tokenizer.chat_template").cloned();
        let trained_for = number("llama.context_length").map_or(MAX_SEQ_LEN, |length| length as usize);

        // A GPU has instructions for all formats.
        let network = if device.is_cpu() {
            let (content, mut file) = requantized(file, content);
            ModelWeights::from_gguf(content, &mut file, device)?
        } else {
            ModelWeights::from_gguf(content, file, device)?
        };
        Ok(Self {
            network,
            tokenizer,
            chat_template,
            ends: ends.into_iter().flatten().collect(),
            context_length: trained_for.min(MAX_SEQ_LEN),
            device: device.clone(),
        })
    }

    /// How many tokens a prompt and what follows it may have together.
    pub fn context_length(&self) -> usize {
        self.context_length
    }

    /// Whether the model says with this token that it has finished.
    pub fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    pub(crate) fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Puts what a user says into the form in which the model was taught to answer.
    ///
    /// # Errors
    /// When the model was taught none.
    pub fn chat(&self, system: Option<&str>, user: &str) -> Result<String> {
        let template = self.chat_template.as_deref().context(
            "this model has no chat template; send `chat` as `false` to have it continue the prompt",
        )?;
        let messages = [("system", system), ("user", Some(user))];
        let messages =
            messages.into_iter().filter_map(|(role, content)| Some(context! { role, content => content? }));
        let messages: Vec<_> = messages.collect();
        Environment::new()
            .render_str(template, context! { messages, add_generation_prompt => true })
            .context("cannot use the model's chat template")
    }

    /// Cuts a text into tokens.
    ///
    /// # Errors
    /// When the tokenizer cannot.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode(text, false).map_err(Error::from_boxed)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Begins a new text.
    pub fn session(&self) -> Session {
        // A clone shares the weights.
        Session { network: self.network.clone(), length: 0, device: self.device.clone() }
    }
}

impl Session {
    /// Reads tokens, and returns for each token of the vocabulary how well it would follow.
    ///
    /// `check` is called now and then, and ends the work with its error.
    ///
    /// # Errors
    /// When there is no token, or more than [`Model::context_length`] in total; when `check` or the device fails.
    pub fn read(&mut self, tokens: &[u32], check: impl Fn() -> Result<()>) -> Result<Vec<f32>> {
        let mut logits = None;
        for part in tokens.chunks(PART) {
            check()?;
            let input = Tensor::new(part, &self.device)?.unsqueeze(0)?;
            logits = Some(self.network.forward(&input, self.length)?);
            self.length += part.len();
        }
        let logits = logits.context("there is no token to read")?;
        Ok(logits.squeeze(0)?.to_vec1()?)
    }
}
