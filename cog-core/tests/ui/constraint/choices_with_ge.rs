use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = [1, 2], ge = 1)]
    value: u32,
}

fn main() {}
