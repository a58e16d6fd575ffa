use cog_core::Choices;

#[derive(Choices)]
enum Size {
    Auto,
    #[choice(256)]
    Small,
}

fn main() {}
