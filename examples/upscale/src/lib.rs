//! Makes a picture two or four times larger with a small ESRGAN.
//!
//! - [`model`] is the network: weights in, a larger picture out, tile by tile. `conv` is one layer of it.
//! - [`predictor`] is what a client asks: a picture and a scale in, a larger picture out.
//!
//! ```no_run
//! use candle_core::Device;
//! use cog_core::picture::{Limits, Picture};
//! use upscale::Upscaler;
//!
//! let model = Upscaler::load(&std::fs::read("weights/x4.safetensors")?, &Device::Cpu)?;
//! let picture = Picture::open("photo.jpg".as_ref(), &Limits::default())?;
//! let colour = model.upscale(picture.colour(), |_done, _total| Ok(()))?;
//! std::fs::write("photo.png", picture.with_colour(colour).to_png()?)?;
//! # anyhow::Ok(())
//! ```

mod conv;
pub mod model;
pub mod predictor;

pub use model::Upscaler;
pub use predictor::Upscale;
