use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(ge = -1)]
    value: u32,
}

fn main() {}
