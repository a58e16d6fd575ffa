/// The description of a struct is not published.
#[derive(Output)]
struct Report<T: OutputValue> {
    /// What was read.
    text: String,
    best: T,
    #[output(rename = "all-of-them", description = "In order.", deprecated)]
    all: Vec<T>,
    label: &'static str,
}
