use cog_core::Output;

#[derive(Output)]
struct Label<'a> {
    text: &'a str,
}

fn main() {}
