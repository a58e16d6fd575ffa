use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(ge)]
    value: u32,
}

fn main() {}
