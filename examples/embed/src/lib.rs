//! Turns texts into vectors that say what they mean, with MiniLM.
//!
//! - [`network`] is a BERT, and [`model`] what is around it: a few texts in, one unit vector for each out.
//! - [`predictor`] is what a client asks: any number of texts, a few at a time.
//! - [`files`] finds the files of the model.
//!
//! ```no_run
//! use candle_core::Device;
//! use cog_core::Setup;
//! use embed::{Embedder, Files};
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let files = Files::locate(&Setup::default()).await?;
//! let embedder = Embedder::load(&files, &Device::Cpu)?;
//! let embedded = embedder.embed(&["A man is eating food.", "A man is eating bread."])?;
//! assert_eq!(embedded.vectors.len(), 2);
//! # anyhow::Ok(())
//! # })?;
//! # anyhow::Ok(())
//! ```

pub mod files;
mod fused;
pub mod model;
pub mod network;
pub mod predictor;

pub use files::Files;
pub use model::Embedder;
pub use predictor::Embed;
