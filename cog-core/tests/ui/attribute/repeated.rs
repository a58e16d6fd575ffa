use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(ge = 1, ge = 2)]
    value: u32,
}

fn main() {}
