use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(rename = "a/b")]
    text: String,
}

fn main() {}
