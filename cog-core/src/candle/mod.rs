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
//! use cog_core::{Input, Predictor, Result, Scope, Setup, candle};
//!
//! #[derive(Input)]
//! struct Point {
//!     /// Where it is.
//!     position: Vec<f32>,
//! }
//!
//! struct Judge {
//!     head: Linear,
//!     device: Device,
//! }
//!
//! impl Predictor for Judge {
//!     type Input = Point;
//!     type Output = f32;
//!
//!     async fn setup(setup: &Setup) -> Result<Self> {
//!         let device = candle::device(setup)?;
//!         let weights = candle::tensors("model.safetensors".as_ref(), DType::F32, &device)?;
//!         Ok(Self { head: linear(16, 1, weights.pp("head"))?, device })
//!     }
//!
//!     async fn predict(&self, point: Point, _: Scope) -> Result<f32> {
//!         let position = Tensor::from_vec(point.position, (1, 16), &self.device)?;
//!         Ok(self.head.forward(&position)?.sum_all()?.to_scalar()?)
//!     }
//! }
//! ```

#[cfg(any(feature = "cuda", test))]
mod architecture;
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
