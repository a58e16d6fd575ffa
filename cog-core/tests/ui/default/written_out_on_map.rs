use cog_core::Input;
use std::collections::HashMap;

#[derive(Input)]
struct Prompt {
    #[input(default = [])]
    value: HashMap<String, u32>,
}

fn main() {}
