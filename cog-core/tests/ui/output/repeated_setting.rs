use cog_core::Output;

#[derive(Output)]
struct Scores {
    #[output(rename = "a", rename = "b")]
    best: f64,
}

fn main() {}
