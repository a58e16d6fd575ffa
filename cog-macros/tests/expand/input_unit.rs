#[derive(Input)]
struct NoInputs;
