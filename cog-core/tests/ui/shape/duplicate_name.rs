use cog_core::Input;

#[derive(Input)]
struct Prompt {
    r#type: String,
    #[input(rename = "type")]
    kind: String,
}

fn main() {}
