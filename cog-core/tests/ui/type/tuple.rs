use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: (u32, u32),
}

fn main() {}
