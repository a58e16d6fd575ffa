use cog_core::Input;

const LEAST: u32 = 1;

#[derive(Input)]
struct Prompt {
    #[input(ge = LEAST)]
    value: u32,
}

fn main() {}
