use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = [])]
    value: String,
}

fn main() {}
