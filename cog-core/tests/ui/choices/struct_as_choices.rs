use cog_core::Choices;

#[derive(Choices)]
struct Sampler {
    top_p: f64,
}

fn main() {}
