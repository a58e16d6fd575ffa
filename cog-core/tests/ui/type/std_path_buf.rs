use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: std::path::PathBuf,
}

fn main() {}
