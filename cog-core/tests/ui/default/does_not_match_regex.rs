use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "ABC", regex = "^[a-z]+$")]
    value: String,
}

fn main() {}
