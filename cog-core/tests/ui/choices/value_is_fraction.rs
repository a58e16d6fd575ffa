use cog_core::Choices;

#[derive(Choices)]
enum Ratio {
    #[choice(0.5)]
    Half,
}

fn main() {}
