use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = 2.5, le = 2)]
    value: f64,
}

fn main() {}
