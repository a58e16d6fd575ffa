use cog_core::Input;

struct Size {
    width: u32,
}

#[derive(Input)]
struct Prompt {
    value: Size,
}

fn main() {}
