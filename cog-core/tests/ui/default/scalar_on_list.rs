use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "a")]
    value: Vec<String>,
}

fn main() {}
