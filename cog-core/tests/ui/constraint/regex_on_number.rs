use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(regex = "^[0-9]+$")]
    value: i64,
}

fn main() {}
