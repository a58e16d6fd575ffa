//! The network: Whisper as OpenAI describes it, on candle, in pieces that are short enough to be canceled between them.
//!
//! candle has a Whisper of its own, whose encoder is one call of half a second and whose decoder reads all its tokens again for each new
//! one. In this one the encoder takes some places of the recording at a time, and the decoder remembers what it has read.
//!
//! Owns the weights, which never change. Names and shapes are those on Hugging Face; how large the model is, is seen by its tensors.

use anyhow::{Context as _, Result, ensure};
use candle_core::{Module as _, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{Conv1d, Conv1dConfig, Embedding, LayerNorm, Linear, VarBuilder};
use candle_nn::{conv1d, layer_norm, linear, linear_no_bias};

/// How many numbers belong to a head of an attention, in a Whisper of any size.
const HEAD: usize = 64;

/// How many places of the recording go through a layer of the encoder at once: one tenth.
const PART: usize = 150;

/// Encoder and decoder.
pub struct Network {
    conv1: Conv1d,
    conv2: Conv1d,
    /// `[places, width]`.
    places: Tensor,
    encoder: Vec<EncoderLayer>,
    encoder_norm: LayerNorm,
    tokens: Embedding,
    /// `[positions, width]`.
    positions: Tensor,
    decoder: Vec<DecoderLayer>,
    decoder_norm: LayerNorm,
}

struct EncoderLayer {
    own: Attention,
    thought: Thought,
}

struct DecoderLayer {
    own: Attention,
    heard: Attention,
    thought: Thought,
}

/// What the encoder has made of a window, as the layers of the decoder look at it.
pub struct Heard(Vec<Memory>);

/// A text that the decoder reads token by token while it looks at what was heard.
pub struct Reading<'a> {
    network: &'a Network,
    heard: &'a Heard,
    read: Vec<Option<Memory>>,
    position: usize,
}

impl Network {
    /// Takes the tensors by the names that they have on Hugging Face.
    ///
    /// # Errors
    /// When one is missing or has a shape that does not fit; it is named.
    pub fn load(weights: &VarBuilder<'_>) -> Result<Self> {
        let (encoder, decoder) = (weights.pp("model.encoder"), weights.pp("model.decoder"));
        let pitches = encoder.get_unchecked("conv1.weight")?.dim(1)?;
        let width = encoder.get_unchecked("conv1.bias")?.dim(0)?;
        ensure!(width % HEAD == 0, "a width of {width} is none that a Whisper has");
        let tokens = decoder.get_unchecked("embed_tokens.weight")?;
        let positions = decoder.get_unchecked("embed_positions.weight")?;
        let convolution = |stride| Conv1dConfig { padding: 1, stride, ..Conv1dConfig::default() };
        Ok(Self {
            conv1: conv1d(pitches, width, 3, convolution(1), encoder.pp("conv1"))?,
            conv2: conv1d(width, width, 3, convolution(2), encoder.pp("conv2"))?,
            places: waves(crate::mel::PLACES, width, encoder.device())?,
            encoder: layers(&encoder, |weights| {
                let own = Attention::load(width, "self_attn", weights)?;
                Ok(EncoderLayer { own, thought: Thought::load(width, weights)? })
            })?,
            encoder_norm: layer_norm(width, 1e-5, encoder.pp("layer_norm"))?,
            tokens: Embedding::new(tokens, width),
            positions,
            decoder: layers(&decoder, |weights| {
                let own = Attention::load(width, "self_attn", weights)?;
                let heard = Attention::load(width, "encoder_attn", weights)?;
                Ok(DecoderLayer { own, heard, thought: Thought::load(width, weights)? })
            })?,
            decoder_norm: layer_norm(width, 1e-5, decoder.pp("layer_norm"))?,
        })
    }

    /// How many pitches a spectrogram has to have.
    pub fn pitches(&self) -> usize {
        self.conv1.weight().dims()[1]
    }

    /// How many tokens it knows.
    pub fn vocabulary(&self) -> usize {
        self.tokens.embeddings().dims()[0]
    }

    /// How many tokens it can read.
    pub fn context_length(&self) -> usize {
        self.positions.dims()[0]
    }

    /// Listens to a window: a spectrogram `[1, pitches, frames]`.
    ///
    /// # Errors
    /// Those of `check`, which is asked between the pieces of the work, and of the device.
    pub fn hear(&self, spectrogram: &Tensor, check: impl Fn() -> Result<()>) -> Result<Heard> {
        check()?;
        let states = self.conv1.forward(spectrogram)?.gelu_erf()?;
        check()?;
        let states = self.conv2.forward(&states)?.gelu_erf()?;
        let mut states = states.transpose(1, 2)?.broadcast_add(&self.places)?;
        let count = states.dim(1)?;
        for layer in &self.encoder {
            check()?;
            let memory = layer.own.memory(&layer.own.norm.forward(&states)?)?;
            let mut parts = Vec::with_capacity(count.div_ceil(PART));
            for start in (0..count).step_by(PART) {
                check()?;
                let part = states.narrow(1, start, PART.min(count - start))?;
                parts.push(layer.thought.forward(&layer.own.forward(&part, &memory)?)?);
            }
            states = Tensor::cat(&parts, 1)?;
        }
        let states = self.encoder_norm.forward(&states)?;
        let memories = self.decoder.iter().map(|layer| {
            check()?;
            layer.heard.memory(&states)
        });
        Ok(Heard(memories.collect::<Result<_>>()?))
    }

    /// Begins a text about what was heard.
    pub fn read<'a>(&'a self, heard: &'a Heard) -> Reading<'a> {
        let read = self.decoder.iter().map(|_| None).collect();
        Reading { network: self, heard, read, position: 0 }
    }
}

impl Reading<'_> {
    /// Reads a token, and returns for each token of the vocabulary how well it would follow.
    ///
    /// # Errors
    /// When there were more than [`Network::context_length`], or the device fails.
    pub fn push(&mut self, token: u32) -> Result<Vec<f32>> {
        let network = self.network;
        let token = Tensor::new(&[[token]], network.positions.device())?;
        let position = network.positions.narrow(0, self.position, 1)?;
        self.position += 1;
        let mut state = network.tokens.forward(&token)?.broadcast_add(&position)?;
        for ((layer, heard), read) in network.decoder.iter().zip(&self.heard.0).zip(&mut self.read) {
            let new = layer.own.memory(&layer.own.norm.forward(&state)?)?;
            let memory = match read.take() {
                Some(read) => read.with(&new)?,
                None => new,
            };
            let memory = read.insert(memory);
            state = layer.own.forward(&state, memory)?;
            state = layer.heard.forward(&state, heard)?;
            state = layer.thought.forward(&state)?;
        }
        let state = network.decoder_norm.forward(&state)?.squeeze(0)?;
        Ok(state.matmul(&network.tokens.embeddings().t()?)?.squeeze(0)?.to_vec1()?)
    }
}

/// What an attention looks at: keys `[1, heads, HEAD, places]` and values `[1, heads, places, HEAD]`.
struct Memory {
    keys: Tensor,
    values: Tensor,
}

impl Memory {
    /// This and then the other.
    fn with(self, new: &Self) -> Result<Self> {
        let keys = Tensor::cat(&[&self.keys, &new.keys], 3)?;
        let values = Tensor::cat(&[&self.values, &new.values], 2)?;
        Ok(Self { keys, values })
    }
}

/// Each state takes from a memory what concerns it.
struct Attention {
    norm: LayerNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
}

impl Attention {
    fn load(width: usize, name: &str, weights: &VarBuilder<'_>) -> Result<Self> {
        let norm = layer_norm(width, 1e-5, weights.pp(format!("{name}_layer_norm")))?;
        let weights = weights.pp(name);
        Ok(Self {
            norm,
            query: linear(width, width, weights.pp("q_proj"))?,
            key: linear_no_bias(width, width, weights.pp("k_proj"))?,
            value: linear(width, width, weights.pp("v_proj"))?,
            out: linear(width, width, weights.pp("out_proj"))?,
        })
    }

    /// Makes states `[1, places, width]` into what can be looked at.
    fn memory(&self, states: &Tensor) -> Result<Memory> {
        Ok(Memory {
            keys: heads(&self.key.forward(states)?)?.transpose(2, 3)?.contiguous()?,
            values: heads(&self.value.forward(states)?)?.contiguous()?,
        })
    }

    /// The states `[1, places, width]` and what they have taken.
    fn forward(&self, states: &Tensor, memory: &Memory) -> Result<Tensor> {
        let scale = (HEAD as f64).sqrt().recip();
        let query = (self.query.forward(&self.norm.forward(states)?)? * scale)?;
        let weights = softmax_last_dim(&heads(&query)?.contiguous()?.matmul(&memory.keys)?)?;
        let taken = weights.matmul(&memory.values)?.transpose(1, 2)?.flatten_from(2)?;
        Ok((states + self.out.forward(&taken)?)?)
    }
}

/// From `[1, places, width]` to `[1, heads, places, HEAD]`.
fn heads(states: &Tensor) -> candle_core::Result<Tensor> {
    let (batch, places, width) = states.dims3()?;
    states.reshape((batch, places, width / HEAD, HEAD))?.transpose(1, 2)
}

/// Each state changes by itself.
struct Thought {
    norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
}

impl Thought {
    fn load(width: usize, weights: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            norm: layer_norm(width, 1e-5, weights.pp("final_layer_norm"))?,
            wide: linear(width, 4 * width, weights.pp("fc1"))?,
            narrow: linear(4 * width, width, weights.pp("fc2"))?,
        })
    }

    fn forward(&self, states: &Tensor) -> Result<Tensor> {
        let wide = self.wide.forward(&self.norm.forward(states)?)?.gelu_erf()?;
        Ok((states + self.narrow.forward(&wide)?)?)
    }
}

/// Loads as many layers as there are.
fn layers<T>(weights: &VarBuilder<'_>, load: impl Fn(&VarBuilder<'_>) -> Result<T>) -> Result<Vec<T>> {
    let weights = weights.pp("layers");
    let layers = (0..).map(|number| weights.pp(number)).take_while(|layer| layer.contains_tensor("fc1.bias"));
    let layers = layers.map(|layer| load(&layer)).collect::<Result<Vec<_>>>()?;
    ensure!(!layers.is_empty(), "there is no tensor `{}.0.fc1.bias`", weights.prefix());
    Ok(layers)
}

/// What tells the places of the recording apart: `[places, width]` of sines and cosines, each slower than the one before.
fn waves(places: usize, width: usize, device: &candle_core::Device) -> Result<Tensor> {
    let half = width / 2;
    let rate = |wave: usize| (-(10_000_f64.ln()) * wave as f64 / (half - 1) as f64).exp();
    let value = |place: usize, column: usize| {
        let angle = place as f64 * rate(column % half);
        (if column < half { angle.sin() } else { angle.cos() }) as f32
    };
    let values = (0..places).flat_map(|place| (0..width).map(move |column| value(place, column)));
    Tensor::from_iter(values, device)?.reshape((places, width)).context("cannot lay out the places")
}
