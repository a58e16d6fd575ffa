//! The network: a BERT on candle, from tokens to one state for each.
//!
//! It computes what candle's own `bert` does, in two thirds of the time on a CPU: the three projections of an attention are one matrix, a
//! batch without padding has no mask, and what is between two products is `fused`.

use anyhow::{Result, ensure};
use candle_core::{D, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{Embedding, LayerNorm, Linear, Module, VarBuilder, embedding, layer_norm, linear_no_bias};
use serde::Deserialize;

use crate::fused::{self, Norm};

/// What `config.json` says.
#[derive(Debug, Deserialize)]
pub struct Config {
    /// How many tokens there are.
    pub vocab_size: usize,
    /// How many numbers the state of a token has.
    pub hidden_size: usize,
    /// How many layers there are.
    pub num_hidden_layers: usize,
    /// How many heads an attention has; they share the numbers of a state.
    pub num_attention_heads: usize,
    /// How many numbers a state has within a layer.
    pub intermediate_size: usize,
    /// The function between the two matrices of a layer.
    pub hidden_act: String,
    /// How many tokens a text may have.
    pub max_position_embeddings: usize,
    /// How many kinds of texts there are.
    pub type_vocab_size: usize,
    /// What is added to a variance.
    pub layer_norm_eps: f64,
}

/// A BERT with its weights.
pub struct Network {
    words: Embedding,
    /// What is added at each position, the kind of text that all of ours are included.
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

impl Network {
    /// Takes the weights under the names that they have on Hugging Face.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape, or the network is of another kind.
    pub fn load(weights: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let Config { hidden_size, hidden_act, num_attention_heads: heads, .. } = config;
        ensure!(hidden_act == "gelu", "the activation is `{hidden_act}`, and this program knows `gelu` only");
        ensure!(
            *heads > 0 && hidden_size % heads == 0,
            "{hidden_size} numbers cannot be shared by {heads} heads"
        );
        // Those that were trained for another purpose are within it.
        let is_within = weights.contains_tensor("bert.embeddings.LayerNorm.weight");
        let weights = if is_within { weights.pp("bert") } else { weights.clone() };
        let embeddings = weights.pp("embeddings");
        let table = |name: &str, count| embedding(count, *hidden_size, embeddings.pp(name));
        let kinds = table("token_type_embeddings", config.type_vocab_size)?;
        let positions = table("position_embeddings", config.max_position_embeddings)?;
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            positions: positions.embeddings().broadcast_add(&kinds.embeddings().narrow(0, 0, 1)?)?,
            norm: layer_norm(*hidden_size, config.layer_norm_eps, embeddings.pp("LayerNorm"))?,
            layers: (0..config.num_hidden_layers)
                .map(|index| Layer::load(&weights.pp("encoder.layer").pp(index), config))
                .collect::<candle_core::Result<_>>()?,
        })
    }

    /// Makes of tokens `[text, token]` their states `[text, token, number]`.
    ///
    /// `padding` is `[text, token]` as well: 1 for a token and 0 for padding. Without it all are tokens.
    ///
    /// # Errors
    /// When there are too many tokens for the positions, or the device fails.
    pub fn forward(&self, tokens: &Tensor, padding: Option<&Tensor>) -> candle_core::Result<Tensor> {
        let (_, length) = tokens.dims2()?;
        let positions = self.positions.narrow(0, 0, length)?;
        let states = self.words.forward(tokens)?.broadcast_add(&positions)?;
        let mut states = self.norm.forward(&states)?;
        // To be added to how much a token heeds another: nothing, or so much that it does not.
        let mask = match padding {
            Some(padding) => {
                let padding = padding.to_dtype(states.dtype())?.unsqueeze(1)?.unsqueeze(1)?;
                Some(((padding - 1.)? * f64::from(f32::MAX))?)
            }
            None => None,
        };
        for layer in &self.layers {
            states = layer.forward(&states, mask.as_ref())?;
        }
        Ok(states)
    }
}

struct Layer {
    heads: usize,
    /// Queries, keys and values, one after the other.
    projections: Linear,
    projections_bias: Tensor,
    output: Linear,
    output_norm: Norm,
    widen: Linear,
    widen_bias: Tensor,
    narrow: Linear,
    narrow_norm: Norm,
}

impl Layer {
    fn load(weights: &VarBuilder<'_>, config: &Config) -> candle_core::Result<Self> {
        let Config { hidden_size: size, intermediate_size: wide, num_attention_heads: heads, .. } = *config;
        let attention = weights.pp("attention");
        let norm = |weights: VarBuilder<'_>| {
            let (bias, norm) = (weights.get(size, "dense.bias")?, weights.pp("LayerNorm"));
            Norm::new(&bias, &norm.get(size, "weight")?, &norm.get(size, "bias")?, config.layer_norm_eps)
        };
        // What scores are divided by, once and for all.
        let scale = ((size / heads) as f64).sqrt().recip();
        let parts = [("query", scale), ("key", 1.), ("value", 1.)].map(|(name, factor)| {
            let weights = attention.pp("self").pp(name);
            candle_core::Result::Ok((
                (weights.get((size, size), "weight")? * factor)?,
                (weights.get(size, "bias")? * factor)?,
            ))
        });
        let (matrices, biases): (Vec<_>, Vec<_>) =
            parts.into_iter().collect::<candle_core::Result<Vec<_>>>()?.into_iter().unzip();
        Ok(Self {
            heads,
            projections: Linear::new(Tensor::cat(&matrices, 0)?, None),
            projections_bias: Tensor::cat(&biases, 0)?,
            output: linear_no_bias(size, size, attention.pp("output.dense"))?,
            output_norm: norm(attention.pp("output"))?,
            widen: linear_no_bias(size, wide, weights.pp("intermediate.dense"))?,
            widen_bias: weights.pp("intermediate.dense").get(wide, "bias")?,
            narrow: linear_no_bias(wide, size, weights.pp("output.dense"))?,
            narrow_norm: norm(weights.pp("output"))?,
        })
    }

    fn forward(&self, states: &Tensor, mask: Option<&Tensor>) -> candle_core::Result<Tensor> {
        let attended = self.output.forward(&self.attend(states, mask)?)?;
        let states = self.output_norm.add_and_norm(attended, states)?;
        let wide = fused::add_and_gelu(self.widen.forward(&states)?, &self.widen_bias)?;
        self.narrow_norm.add_and_norm(self.narrow.forward(&wide)?, &states)
    }

    fn attend(&self, states: &Tensor, mask: Option<&Tensor>) -> candle_core::Result<Tensor> {
        let (texts, length, size) = states.dims3()?;
        let projections = fused::add(self.projections.forward(states)?, &self.projections_bias)?;
        // [projection, text, head, token, number]
        let projections = projections.reshape((texts, length, 3, self.heads, size / self.heads))?;
        let projections = projections.permute((2, 0, 3, 1, 4))?.contiguous()?;
        let (queries, keys, values) = (projections.get(0)?, projections.get(1)?, projections.get(2)?);
        let mut scores = queries.matmul(&keys.transpose(D::Minus2, D::Minus1)?)?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        let attended = softmax_last_dim(&scores)?.matmul(&values)?;
        attended.transpose(1, 2)?.reshape((texts, length, size))
    }
}
