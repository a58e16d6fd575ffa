//! Continues a text, or answers in a chat, token by token.
//!
//! Run with: `cargo run --release -p generate`

fn main() -> std::process::ExitCode {
    cog_server::main::<generate::Generate>()
}
