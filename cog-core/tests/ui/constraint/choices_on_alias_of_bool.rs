use cog_core::Input;

type Flag = bool;

#[derive(Input)]
struct Prompt {
    #[input(choices = ["a"])]
    value: Flag,
}

fn main() {}
