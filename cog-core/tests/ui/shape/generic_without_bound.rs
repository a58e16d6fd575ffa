use cog_core::Input;

#[derive(Input)]
struct Prompt<T> {
    value: T,
}

fn main() {}
