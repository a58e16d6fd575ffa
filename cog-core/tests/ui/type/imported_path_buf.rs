use cog_core::Input;
use std::path::PathBuf;

#[derive(Input)]
struct Prompt {
    value: Option<PathBuf>,
}

fn main() {}
