use cog_core::Output;

#[derive(Output)]
struct Scores(f64, f64);

fn main() {}
