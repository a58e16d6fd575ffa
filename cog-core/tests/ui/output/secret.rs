use cog_core::Output;
use cog_core::Secret;

#[derive(Output)]
struct Account {
    key: Secret,
}

fn main() {}
