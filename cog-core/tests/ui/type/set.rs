use cog_core::Input;
use std::collections::HashSet;

#[derive(Input)]
struct Prompt {
    value: HashSet<String>,
}

fn main() {}
