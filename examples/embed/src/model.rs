//! The network: MiniLM on candle, from texts to vectors of length 1.
//!
//! Owns the weights and the tokenizer. The texts of one call are one batch, padded to the longest of them; padding changes no vector.
//! How many texts are a batch is for the caller to say, and decides how much memory a call takes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Error, Result};
use candle_core::{DType, Device, Tensor};
use cog_core::candle;
use tokenizers::{EncodeInput, PaddingParams, Tokenizer, TruncationParams};

use crate::Files;
use crate::network::{Config, Network};

/// How many tokens of a text count, its two marks included: as many as the authors of the model let it read. It has positions for 512, but
/// was never trained on such long texts.
pub const MAX_TOKENS: usize = 256;

/// A MiniLM with its weights and its tokenizer.
pub struct Embedder {
    tokenizer: Tokenizer,
    network: Network,
    device: Device,
}

/// What became of a batch of texts.
#[derive(Debug)]
pub struct Embedded {
    /// For each text a vector of length 1.
    pub vectors: Vec<Vec<f32>>,
    /// How many tokens each text has, the marks at its ends included and padding not.
    pub tokens: Vec<usize>,
    /// The texts that were longer than [`MAX_TOKENS`].
    pub truncated: Vec<Truncated>,
}

/// A text of which only the beginning counts.
#[derive(Debug, PartialEq, Eq)]
pub struct Truncated {
    /// Its place in the batch.
    pub index: usize,
    /// How many of its characters count.
    pub characters: usize,
}

impl Embedder {
    /// Reads the files and puts the network on `device`.
    ///
    /// # Errors
    /// When a file is missing or is not what it should be; the message names the file, and the tensor.
    pub fn load(files: &Files, device: &Device) -> Result<Self> {
        let config: Config = serde_json::from_slice(&read(&files.config)?)
            .with_context(|| format!("`{}` does not describe a BERT", files.config.display()))?;
        let tokenizer = tokenizer(&read(&files.tokenizer)?, config.max_position_embeddings)
            .with_context(|| format!("`{}` is no tokenizer", files.tokenizer.display()))?;
        let tensors = candle::tensors(&files.tensors, DType::F32, device)?;
        let network = Network::load(&tensors, &config)?;
        Ok(Self { tokenizer, network, device: device.clone() })
    }

    /// Makes a vector of each text.
    ///
    /// The cosine of two of them, which is the sum of the products of their values, says how close the texts are in meaning.
    ///
    /// # Errors
    /// When there is no text, or the device fails.
    pub fn embed<'a>(&self, texts: &'a [impl AsRef<str>]) -> Result<Embedded> {
        let texts: Vec<EncodeInput<'a>> = texts.iter().map(|text| text.as_ref().into()).collect();
        let encodings = self.tokenizer.encode_batch_char_offsets(texts, true).map_err(Error::from_boxed)?;
        let width = encodings.first().context("there is no text")?.len();
        let matrix = |of: fn(&tokenizers::Encoding) -> &[u32]| {
            let values: Vec<u32> = encodings.iter().flat_map(of).copied().collect();
            Tensor::from_vec(values, (encodings.len(), width), &self.device)
        };
        let mask = matrix(tokenizers::Encoding::get_attention_mask)?;
        let has_padding = encodings.iter().any(|encoding| encoding.get_attention_mask().contains(&0));
        let tokens = matrix(tokenizers::Encoding::get_ids)?;
        let states = self.network.forward(&tokens, has_padding.then_some(&mask))?;
        let vectors = mean(&states, &mask).and_then(|means| normalized(&means))?.to_vec2()?;

        let count =
            |encoding: &tokenizers::Encoding| encoding.get_attention_mask().iter().sum::<u32>() as usize;
        let tokens = encodings.iter().map(count).collect();
        let truncated =
            encodings.iter().enumerate().filter(|(_, encoding)| !encoding.get_overflowing().is_empty());
        let truncated = truncated.map(|(index, encoding)| {
            let ends = encoding.get_offsets().iter().map(|(_, end)| *end);
            Truncated { index, characters: ends.max().unwrap_or_default() }
        });
        Ok(Embedded { vectors, tokens, truncated: truncated.collect() })
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Reads the tokenizer. How it cuts and pads is for us to say: published ones pad every text to the same length.
fn tokenizer(json: &[u8], positions: usize) -> Result<Tokenizer> {
    let mut tokenizer = Tokenizer::from_bytes(json).map_err(Error::from_boxed)?;
    let max_length = positions.min(MAX_TOKENS);
    tokenizer
        .with_truncation(Some(TruncationParams { max_length, ..TruncationParams::default() }))
        .map_err(Error::from_boxed)?
        .with_padding(Some(PaddingParams::default()));
    Ok(tokenizer)
}

/// The mean of `[text, token, value]` over the tokens that are no padding.
fn mean(states: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
    let mask = mask.to_dtype(states.dtype())?.unsqueeze(2)?;
    states.broadcast_mul(&mask)?.sum(1)?.broadcast_div(&mask.sum(1)?)
}

/// Each vector divided by its length.
fn normalized(vectors: &Tensor) -> candle_core::Result<Tensor> {
    vectors.broadcast_div(&vectors.sqr()?.sum_keepdim(1)?.sqrt()?)
}
