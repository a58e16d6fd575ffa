use cog_core::Input;

#[derive(Input)]
struct Prompt {
    #[input(alias = "text")]
    value: String,
}

fn main() {}
