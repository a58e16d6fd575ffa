#[derive(Input, Output, Choices)]
union Wrong<'a, T: Copy> {
    value: &'a T,
}
