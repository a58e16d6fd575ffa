use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: std::num::NonZeroU32,
}

fn main() {}
