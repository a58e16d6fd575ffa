use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = [1, 9], le = 5)]
    value: Vec<u32>,
}

fn main() {}
