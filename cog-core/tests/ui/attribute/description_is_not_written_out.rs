use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(description = concat!("a", "b"))]
    value: String,
}

fn main() {}
