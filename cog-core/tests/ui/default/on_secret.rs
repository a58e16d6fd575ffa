use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = "hunter2")]
    value: cog_core::Secret,
}

fn main() {}
