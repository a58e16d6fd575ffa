//! Makes a picture two or four times larger with a small ESRGAN.
//!
//! - [`model`] is the network: weights in, a larger picture out, tile by tile. `conv` is one layer of it.
//! - [`predictor`] is what a client asks: a picture and a scale in, a larger picture out.
//! - [`picture`] is everything about files: which ones are accepted, how they become pixels, and back to PNG.
//!
//! ```no_run
//! use candle_core::Device;
//! use upscale::{Limits, Picture, Upscaler};
//!
//! let model = Upscaler::load(&std::fs::read("weights/x4.safetensors")?, &Device::Cpu)?;
//! let picture = Picture::open("photo.jpg".as_ref(), &Limits::default())?;
//! let colour = model.upscale(picture.colour(), |_done, _total| Ok(()))?;
//! std::fs::write("photo.png", picture.with_colour(colour).to_png()?)?;
//! # anyhow::Ok(())
//! ```

mod conv;
pub mod model;
pub mod picture;
pub mod predictor;

pub use model::Upscaler;
pub use picture::{Limits, Picture};
pub use predictor::Upscale;
