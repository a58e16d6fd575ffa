use cog_core::Choices;

#[derive(Choices)]
#[choice("sampler")]
enum Sampler {
    Greedy,
}

fn main() {}
