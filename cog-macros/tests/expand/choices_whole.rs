#[derive(Choices)]
enum Size {
    #[choice(-1)]
    Any = 0,
    #[choice(256)]
    Small,
    #[choice(18446744073709551615)]
    Huge,
}
