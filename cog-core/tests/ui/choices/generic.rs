use cog_core::Choices;

#[derive(Choices)]
enum Sampler<const N: usize> {
    Greedy,
    Other,
}

fn main() {}
