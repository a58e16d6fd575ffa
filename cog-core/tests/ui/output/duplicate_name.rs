use cog_core::Output;

#[derive(Output)]
struct Scores {
    best: f64,
    #[output(rename = "best")]
    first: f64,
}

fn main() {}
