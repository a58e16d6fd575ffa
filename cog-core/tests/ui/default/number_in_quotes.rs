use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "1")]
    value: i64,
}

fn main() {}
