//! What a model on [candle](https://github.com/huggingface/candle) would otherwise write by hand. The feature `candle` has it.
//!
//! - [`device`] decides where the model runs, and logs why.
//! - [`tensors`] and [`gguf`] open files of weights, and name the tensor and the file that is wrong.
//! - A device that is lost makes the server `DEFUNCT` with no doing of the author's: the engine knows such errors by their type, however
//!   deep they are in the error that `predict` returns. One that has run out of memory fails the prediction and nothing else.
//!
//! The features `cuda`, `cudnn`, `metal`, `mkl` and `flash-attn` are candle's. A model's crate passes on those that it wants:
//!
//! ```toml
//! [features]
//! cuda = ["cog-core/cuda"]
//! ```
//!
//! ```no_run
//! use candle_core::{DType, Device, Tensor};
//! use candle_nn::{Linear, Module, linear};
//! use cog_core::{Predictor, Result, Scope, Setup, Value, candle};
//!
//! struct Classifier {
//!     head: Linear,
//!     device: Device,
//! }
//!
//! impl Predictor for Classifier {
//!     type Input = ();
//!     type Output = f32;
//!
//!     async fn setup(setup: &Setup) -> Result<Self> {
//!         let device = candle::device(setup)?;
//!         let weights = candle::tensors("model.safetensors".as_ref(), DType::F32, &device)?;
//!         Ok(Self { head: linear(16, 1, weights.pp("head"))?, device })
//!     }
//!
//!     async fn predict(&self, _: (), _: Scope) -> Result<f32> {
//!         let scores = self.head.forward(&Tensor::ones((1, 16), DType::F32, &self.device)?)?;
//!         Ok(scores.flatten_all()?.get(0)?.to_scalar()?)
//!     }
//! }
//! ```

mod backend;
mod device;
mod failure;
mod gguf;
mod pytorch;
mod safetensors;
mod weights;

#[cfg(feature = "flash-attn")]
pub use candle_flash_attn as flash_attn;

pub use self::device::device;
pub(crate) use self::failure::is_device_lost;
pub use self::gguf::gguf;
pub use self::weights::tensors;
