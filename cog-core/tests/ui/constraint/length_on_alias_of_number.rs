use cog_core::Input;

type Count = u32;

#[derive(Input)]
struct Prompt {
    #[input(max_length = 3)]
    value: Count,
}

fn main() {}
