use cog_core::Input;

#[derive(Input)]
struct Prompt {
    value: [f32; 3],
}

fn main() {}
