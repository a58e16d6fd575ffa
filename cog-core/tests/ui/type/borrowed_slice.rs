use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: &'static [u8],
}

fn main() {}
