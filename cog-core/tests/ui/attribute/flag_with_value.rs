use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(deprecated = "use another")]
    value: u32,
}

fn main() {}
