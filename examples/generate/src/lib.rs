//! Continues a text token by token, with SmolLM2.
//!
//! - [`model`] is the network with its tokenizer and its chat template, and [`requantized`] how it is read from a file.
//! - [`sampler`] chooses a token, [`stop`] finds out where a text has to end.
//! - [`generation`] puts them together: from a prompt to pieces of text.
//! - [`predictor`] is what a client asks.
//!
//! ```no_run
//! use candle_core::Device;
//! use cog_core::Scope;
//! use generate::{Model, Settings};
//!
//! let model = Model::load("SmolLM2-135M-Instruct.Q4_1.gguf".as_ref(), &Device::Cpu)?;
//! let prompt = model.chat(None, "Name a colour.")?;
//! for piece in model.generate(&prompt, Settings::default(), Scope::none())? {
//!     print!("{}", piece?);
//! }
//! # anyhow::Ok(())
//! ```

pub mod generation;
pub mod model;
pub mod predictor;
pub mod requantized;
pub mod sampler;
pub mod stop;

pub use generation::{Generation, Settings};
pub use model::Model;
pub use predictor::Generate;
