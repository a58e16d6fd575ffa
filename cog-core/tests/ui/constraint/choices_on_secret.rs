use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = ["a", "b"])]
    value: cog_core::Secret,
}

fn main() {}
