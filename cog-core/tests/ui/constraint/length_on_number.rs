use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(min_length = 1)]
    value: u32,
}

fn main() {}
