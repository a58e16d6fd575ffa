//! Compiles the Rust code of the README and the guide as documentation tests. The tasks are in `main.rs`.

#![doc = include_str!("../../README.md")]

#[expect(clippy::test_attr_in_doctest, reason = "`cargo xtask ci guide` runs the tests that this page shows")]
#[doc = include_str!("../../docs/guide/write-a-predictor.md")]
pub mod write_a_predictor {}

#[doc = include_str!("../../docs/guide/serve-it.md")]
pub mod serve_it {}

#[doc = include_str!("../../docs/guide/embed-it.md")]
pub mod embed_it {}

#[doc = include_str!("../../docs/guide/inputs.md")]
pub mod inputs {}

#[doc = include_str!("../../docs/guide/outputs.md")]
pub mod outputs {}

#[doc = include_str!("../../docs/guide/scope.md")]
pub mod scope {}

#[doc = include_str!("../../docs/guide/cancellation.md")]
pub mod cancellation {}

#[doc = include_str!("../../docs/guide/files.md")]
pub mod files {}

#[doc = include_str!("../../docs/guide/batching.md")]
pub mod batching {}

#[doc = include_str!("../../docs/guide/http.md")]
pub mod http {}

#[doc = include_str!("../../docs/guide/streaming.md")]
pub mod streaming {}

#[doc = include_str!("../../docs/guide/webhooks.md")]
pub mod webhooks {}

#[doc = include_str!("../../docs/guide/deployment.md")]
pub mod deployment {}

#[doc = include_str!("../../docs/guide/training.md")]
pub mod training {}

#[doc = include_str!("../../docs/guide/weights.md")]
pub mod weights {}

#[doc = include_str!("../../docs/guide/from-cog.md")]
pub mod from_cog {}
