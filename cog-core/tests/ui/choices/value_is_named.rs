use cog_core::Choices;

#[derive(Choices)]
enum Ratio {
    #[choice(rename = "half")]
    Half,
}

fn main() {}
