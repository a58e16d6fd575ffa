use cog_core::Choices;

#[derive(Choices)]
#[choices(rename_all = "Kebab")]
enum Sampler {
    Greedy,
}

fn main() {}
