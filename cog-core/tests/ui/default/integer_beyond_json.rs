use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = 99999999999999999999)]
    value: f64,
}

fn main() {}
