use cog_core::Input;

const KEY: &str = "hunter2";

#[derive(Input)]
struct Prompt {
    #[input(default = KEY)]
    value: Option<cog_core::Secret>,
}

fn main() {}
