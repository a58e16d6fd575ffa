use cog_core::Output;
use std::time::Duration;

#[derive(Output)]
struct Timing {
    spent: Duration,
}

fn main() {}
