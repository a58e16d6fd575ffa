use cog_core::Choices;

#[derive(Choices)]
enum Size {
    Small = 256,
    Large = 512,
}

fn main() {}
