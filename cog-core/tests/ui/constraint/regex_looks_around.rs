use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(regex = "a(?=b)")]
    value: String,
}

fn main() {}
