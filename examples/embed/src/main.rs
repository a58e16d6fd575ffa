//! Turns texts into vectors that say what they mean.
//!
//! Run with: `cargo run --release -p embed`

fn main() -> std::process::ExitCode {
    cog_server::main::<embed::Embed>()
}
