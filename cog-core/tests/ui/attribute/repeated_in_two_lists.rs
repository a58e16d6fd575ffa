use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = 1)]
    #[input(default = 2)]
    value: u32,
}

fn main() {}
