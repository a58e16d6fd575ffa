use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(optional)]
    value: u32,
}

fn main() {}
