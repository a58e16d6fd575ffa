//! Turns texts into vectors that say what they mean.
//!
//! Run with: `cargo run --release -p embed`

use cog_core::Batched;
use embed::Embed;
use mimalloc::MiMalloc;

/// Each batch makes and drops hundreds of tensors of megabytes, which the system's allocator gives back to the system each time. Kept, they
/// make a batch a tenth quicker.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> std::process::ExitCode {
    cog_server::main::<Batched<Embed>>()
}
