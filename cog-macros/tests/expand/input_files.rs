#[derive(Input)]
struct Edit {
    image: Path,
    masks: Option<Vec<cog_core::Path>>,
    strength: f32,
    tags: Vec<String>,
    nested: Layer,
    by_name: HashMap<String, Path>,
}
