use cog_core::Input;
use std::path::Path;

#[derive(Input)]
struct Prompt {
    value: Path,
}

fn main() {}
