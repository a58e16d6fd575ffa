use cog_core::Input;
use std::collections::HashMap;

#[derive(Input)]
struct Prompt {
    value: HashMap<u32, String>,
}

fn main() {}
