use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(colour = "red")]
    value: u32,
}

fn main() {}
