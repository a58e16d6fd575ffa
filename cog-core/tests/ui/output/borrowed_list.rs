use cog_core::Output;

#[derive(Output)]
struct Labels {
    texts: &'static [String],
}

fn main() {}
