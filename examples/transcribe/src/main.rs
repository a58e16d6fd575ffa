//! Writes down what is said in a recording.
//!
//! Run with: `cargo run --release -p transcribe`

fn main() -> std::process::ExitCode {
    cog_server::main::<transcribe::Transcribe>()
}
