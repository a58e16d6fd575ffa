use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(ge = 0.5)]
    value: u32,
}

fn main() {}
