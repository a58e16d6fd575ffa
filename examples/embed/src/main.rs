//! Turns texts into vectors that say what they mean.
//!
//! Run with: `cargo run --release -p embed`

use cog_core::Batched;

fn main() -> std::process::ExitCode {
    cog_server::main::<Batched<embed::Embed>>()
}
