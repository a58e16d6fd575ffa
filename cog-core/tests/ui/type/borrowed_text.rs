use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: &'static str,
}

fn main() {}
