use cog_core::Input;

#[derive(Input)]
union Prompt {
    whole: u32,
    float: f32,
}

fn main() {}
