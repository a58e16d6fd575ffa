use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = [1, 1.5])]
    value: u8,
}

fn main() {}
