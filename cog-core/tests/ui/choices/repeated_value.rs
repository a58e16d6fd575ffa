use cog_core::Choices;

#[derive(Choices)]
enum Sampler {
    TopP,
    #[choice("top_p")]
    Nucleus,
}

fn main() {}
