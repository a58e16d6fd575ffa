use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(max_length = 3)]
    value: Vec<f64>,
}

fn main() {}
