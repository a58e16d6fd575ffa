use cog_core::Choices;

#[derive(Choices)]
enum Sampler {
    Greedy,
    TopP(f64),
}

fn main() {}
