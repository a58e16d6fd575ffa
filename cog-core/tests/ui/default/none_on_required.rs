use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = None)]
    value: u32,
}

fn main() {}
