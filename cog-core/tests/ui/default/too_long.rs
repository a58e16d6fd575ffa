use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "abc", max_length = 2)]
    value: String,
}

fn main() {}
