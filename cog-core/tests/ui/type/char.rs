use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: char,
}

fn main() {}
