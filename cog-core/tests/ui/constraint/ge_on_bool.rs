use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(ge = 1)]
    value: bool,
}

fn main() {}
