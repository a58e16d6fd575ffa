use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(choices = [0.5, 1, 1.0])]
    value: f64,
}

fn main() {}
