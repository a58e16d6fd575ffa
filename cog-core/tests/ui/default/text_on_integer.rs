use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "x")]
    value: i64,
}

fn main() {}
