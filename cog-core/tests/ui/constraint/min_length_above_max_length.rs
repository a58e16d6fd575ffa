use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(min_length = 5, max_length = 3)]
    value: String,
}

fn main() {}
