use cog_core::Input;

type Count = u32;

#[derive(Input)]
struct Prompt {
    #[input(default = None)]
    value: Count,
}

fn main() {}
