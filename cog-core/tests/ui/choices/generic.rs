use cog_core::Choices;

#[derive(Choices)]
enum Sampler<T> {
    Greedy,
    Other,
}

fn main() {}
