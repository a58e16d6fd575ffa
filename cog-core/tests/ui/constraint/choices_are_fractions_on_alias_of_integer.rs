use cog_core::Input;

type Count = u32;

#[derive(Input)]
struct Prompt {
    #[input(choices = [1, 2.5])]
    value: Option<Count>,
}

fn main() {}
