use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(ge = 1)]
    value: cog_core::Path,
}

fn main() {}
