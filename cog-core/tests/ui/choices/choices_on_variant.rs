use cog_core::Choices;

#[derive(Choices)]
enum Sampler {
    #[choices(rename_all = "lowercase")]
    Greedy,
}

fn main() {}
