use cog_core::Input;

#[derive(Input)]
#[input(ge = 1)]
struct Prompt {
    value: u32,
}

fn main() {}
