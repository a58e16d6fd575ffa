use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(pattern = "^a")]
    value: String,
}

fn main() {}
