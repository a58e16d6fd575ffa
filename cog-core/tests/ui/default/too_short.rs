use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "a", min_length = 2)]
    value: String,
}

fn main() {}
