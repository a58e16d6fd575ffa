use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input("Text to continue")]
    value: String,
}

fn main() {}
