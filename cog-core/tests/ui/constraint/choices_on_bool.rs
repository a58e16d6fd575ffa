use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = [true])]
    value: bool,
}

fn main() {}
