#[derive(Input)]
struct Tagged<T: InputValue, U = String>
where
    U: Choices,
{
    #[input(rename = "the-tag")]
    tag: T,
    values: Vec<U>,
}
