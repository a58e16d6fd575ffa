use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(ge = 5, le = 3)]
    value: u32,
}

fn main() {}
