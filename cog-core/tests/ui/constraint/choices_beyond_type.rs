use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = [128, 256])]
    value: u8,
}

fn main() {}
