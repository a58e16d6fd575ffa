use cog_core::Input;

type Name = String;

#[derive(Input)]
struct Prompt {
    #[input(choices = [1, 2])]
    value: Name,
}

fn main() {}
