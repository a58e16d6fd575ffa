use cog_core::Input;
use std::time::Duration;

#[derive(Input)]
struct Prompt {
    value: Duration,
}

fn main() {}
