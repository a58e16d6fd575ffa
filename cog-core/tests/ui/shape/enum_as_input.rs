use cog_core::Input;

#[derive(Input)]
enum Sampler {
    Greedy,
    TopP,
}

fn main() {}
