use cog_core::Choices;

#[derive(Choices)]
enum Sampler {}

fn main() {}
