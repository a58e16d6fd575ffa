use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(le = 10)]
    value: Option<String>,
}

fn main() {}
