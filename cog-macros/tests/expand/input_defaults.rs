#[derive(Input)]
struct Settings {
    #[input(default = 7)]
    whole: i64,
    #[input(default = -1.5)]
    float: f32,
    #[input(default = 1.0)]
    one: f64,
    #[input(default = true)]
    flag: bool,
    #[input(default = "a \"b\"")]
    text: String,
    #[input(default = None)]
    optional: Option<u8>,
    #[input(default = [[1], []])]
    lists: Vec<Vec<i32>>,
    #[input(default = vec!["a"])]
    list: Vec<String>,
    #[input(default = Sampler::Greedy)]
    sampler: Sampler,
    #[input(default = json!({ "width": 1 }))]
    size: Size,
    #[input(default = None)]
    aliased: MaybeSize,
}
