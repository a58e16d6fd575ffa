use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "purple", choices = ["red", "green"])]
    value: String,
}

fn main() {}
