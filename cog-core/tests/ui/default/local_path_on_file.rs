use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "cat.png")]
    value: cog_core::Path,
}

fn main() {}
