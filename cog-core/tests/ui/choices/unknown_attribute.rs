use cog_core::Choices;

#[derive(Choices)]
#[choices(rename = "kebab-case")]
enum Sampler {
    Greedy,
}

fn main() {}
