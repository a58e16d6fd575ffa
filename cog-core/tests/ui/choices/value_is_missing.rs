use cog_core::Choices;

#[derive(Choices)]
enum Ratio {
    #[choice]
    Half,
}

fn main() {}
