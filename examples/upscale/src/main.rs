//! Makes a picture two or four times larger.
//!
//! Run with: `cargo run --release -p upscale`

fn main() -> std::process::ExitCode {
    cog_server::main::<upscale::Upscale>()
}
