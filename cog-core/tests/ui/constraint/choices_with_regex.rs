use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(regex = "a", choices = ["a", "b"])]
    value: String,
}

fn main() {}
