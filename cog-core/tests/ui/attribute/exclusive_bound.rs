use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(gt = 0.0)]
    value: f64,
}

fn main() {}
