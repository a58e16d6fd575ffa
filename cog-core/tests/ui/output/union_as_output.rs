use cog_core::Output;

#[derive(Output)]
union Verdict {
    whole: u32,
    float: f32,
}

fn main() {}
