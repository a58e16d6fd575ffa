use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(le = 1e300)]
    value: f32,
}

fn main() {}
