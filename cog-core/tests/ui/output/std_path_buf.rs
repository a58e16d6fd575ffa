use cog_core::Output;

#[derive(Output)]
struct Picture {
    file: std::path::PathBuf,
}

fn main() {}
