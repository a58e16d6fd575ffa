use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input = "value"]
    value: u32,
}

fn main() {}
