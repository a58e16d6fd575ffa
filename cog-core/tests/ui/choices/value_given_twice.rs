use cog_core::Choices;

#[derive(Choices)]
enum Ratio {
    #[choice("half")]
    #[choice("1/2")]
    Half,
}

fn main() {}
