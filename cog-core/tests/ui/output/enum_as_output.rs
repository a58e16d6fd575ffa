use cog_core::Output;

#[derive(Output)]
enum Verdict {
    Safe,
    Unsafe,
}

fn main() {}
