use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = "a")]
    value: String,
}

fn main() {}
