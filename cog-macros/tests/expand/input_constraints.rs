#[derive(Input)]
struct Settings {
    #[input(ge = 1, le = 10)]
    whole: u32,
    #[input(ge = -0.5, le = 2.0)]
    float: f64,
    #[input(min_length = 2, max_length = 9, regex = r"^[a-z]{3}$")]
    text: Option<String>,
    #[input(choices = ["png", "webp"])]
    format: String,
    #[input(choices = [0.5, 1.0, 18446744073709551615])]
    ratio: f64,
    #[input(ge = 0, le = 1)]
    aliased: Weight,
    #[input(min_length = 1)]
    aliased_text: Name,
    #[input(choices = [1, 2])]
    aliased_choice: Weight,
    #[input(choices = [1, 2.5])]
    aliased_fraction: Weight,
    #[input(choices = ["a"])]
    aliased_text_choice: Name,
}
