//! Compiles the Rust code of the README and the guide as documentation tests. The tasks are in `main.rs`.

#![doc = include_str!("../../README.md")]

#[expect(clippy::test_attr_in_doctest, reason = "`cargo xtask ci guide` runs the tests that this page shows")]
#[doc = include_str!("../../docs/guide/write-a-predictor.md")]
pub mod write_a_predictor {}

#[doc = include_str!("../../docs/guide/serve-it.md")]
pub mod serve_it {}

#[doc = include_str!("../../docs/guide/embed-it.md")]
pub mod embed_it {}
