use cog_core::Input;

#[derive(Input)]
struct Prompt(String, u32);

fn main() {}
