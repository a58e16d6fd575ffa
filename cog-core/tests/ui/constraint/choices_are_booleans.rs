use cog_core::Input;

type Flag = bool;

#[derive(Input)]
struct Prompt {
    #[input(choices = [true, false])]
    value: Flag,
}

fn main() {}
