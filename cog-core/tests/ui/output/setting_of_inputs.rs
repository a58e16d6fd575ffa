use cog_core::Output;

#[derive(Output)]
struct Scores {
    #[output(default = 1)]
    best: f64,
}

fn main() {}
