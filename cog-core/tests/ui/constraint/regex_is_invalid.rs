use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(regex = "^[a-z")]
    value: String,
}

fn main() {}
