use cog_core::Input;

const PATTERN: &str = "^a";

#[derive(Input)]
struct Prompt {
    #[input(regex = PATTERN)]
    value: String,
}

fn main() {}
