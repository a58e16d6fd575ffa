use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(le = 300)]
    value: u8,
}

fn main() {}
