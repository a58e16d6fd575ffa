use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = 'a')]
    value: String,
}

fn main() {}
