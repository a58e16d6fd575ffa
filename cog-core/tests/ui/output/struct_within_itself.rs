use cog_core::Output;

#[derive(Output)]
struct Tree {
    branches: Vec<Self>,
}

fn main() {}
