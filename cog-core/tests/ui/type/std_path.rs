use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: Box<std::path::Path>,
}

fn main() {}
