use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = ["a", 1])]
    value: String,
}

fn main() {}
