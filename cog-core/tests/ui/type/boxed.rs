use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: Box<str>,
}

fn main() {}
