use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(min = 1, max = 2)]
    value: u32,
}

fn main() {}
