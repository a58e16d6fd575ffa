use cog_core::{Choices, Input};

#[derive(Choices)]
enum Sampler {
    Greedy,
    TopP,
}

#[derive(Input)]
struct Prompt {
    #[input(ge = 1)]
    value: Sampler,
}

fn main() {}
