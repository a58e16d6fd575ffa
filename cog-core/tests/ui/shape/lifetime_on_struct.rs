use cog_core::Input;

#[derive(Input)]
struct Prompt<'a> {
    text: &'a str,
}

fn main() {}
