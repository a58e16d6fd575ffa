#[derive(Output)]
struct Nothing {}
