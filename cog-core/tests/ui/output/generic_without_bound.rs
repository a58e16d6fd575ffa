use cog_core::Output;

#[derive(Output)]
struct Ranked<T> {
    value: T,
}

fn main() {}
