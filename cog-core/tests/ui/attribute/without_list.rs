use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input]
    value: u32,
}

fn main() {}
