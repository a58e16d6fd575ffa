//! Compiles the Rust code of the README as documentation tests. The tasks are in `main.rs`.

#![doc = include_str!("../../README.md")]
