use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = ["a", 1])]
    value: Vec<String>,
}

fn main() {}
