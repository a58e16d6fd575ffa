use cog_core::Output;

#[derive(Output)]
#[output(rename = "x")]
struct Scores {
    best: f64,
}

fn main() {}
