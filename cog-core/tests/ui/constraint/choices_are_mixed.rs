use cog_core::Input;

type Name = String;

#[derive(Input)]
struct Prompt {
    #[input(choices = ["a", 1])]
    value: Name,
}

fn main() {}
