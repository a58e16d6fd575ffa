use cog_core::Input;

#[derive(Input)]
struct Tree {
    branches: Vec<Tree>,
}

fn main() {}
