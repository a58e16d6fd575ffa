//! Writes down what is said in a recording, with Whisper.
//!
//! - [`mel`] makes samples into what the network hears, [`network`] is the network.
//! - [`vocabulary`] has the tokens that it writes, [`rules`] which may follow which, and [`decoding`] chooses them.
//! - [`segments`] makes parts with times of them, and [`model`] goes through a recording window by window.
//! - [`predictor`] is what a client asks, [`files`] finds the files of the model.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use candle_core::Device;
//! use cog_core::{Scope, Setup, audio};
//! use transcribe::mel::RATE;
//! use transcribe::{Files, Transcriber};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let files = Files::locate(&Setup::default()).await?;
//! let model = Transcriber::load(&files, &Device::Cpu)?;
//! let minute = Duration::from_secs(60);
//! let samples = audio::read("speech.wav".as_ref(), RATE, minute, &Scope::none())?;
//! for segments in model.transcribe(&samples, || Ok(())) {
//!     for segment in segments? {
//!         println!("{:.1} s:{}", segment.start, segment.text);
//!     }
//! }
//! # anyhow::Ok(())
//! # })?;
//! # anyhow::Ok(())
//! ```

pub mod decoding;
pub mod files;
pub mod mel;
pub mod model;
pub mod network;
pub mod predictor;
pub mod rules;
pub mod segments;
pub mod vocabulary;

pub use files::Files;
pub use model::Transcriber;
pub use predictor::Transcribe;
pub use vocabulary::Vocabulary;
