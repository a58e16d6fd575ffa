use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(default = std::time::Duration::ZERO)]
    value: u64,
}

fn main() {}
