use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(regex = "png$")]
    value: cog_core::Path,
}

fn main() {}
