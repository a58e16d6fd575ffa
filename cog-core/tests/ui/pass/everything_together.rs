//! Whatever an author may write, in one place, in a crate that imports nothing and shadows much.

#![deny(warnings)]
#![expect(dead_code, reason = "shadows what the generated code must not see")]

type Result = ();
type Option = ();
type Vec = ();
struct Value;
struct Schema;

const LEAST: u32 = 1;

/// Continue a text.
#[derive(Debug, cog_core::Input)]
struct Prompt {
    /// Text to continue.
    #[input(min_length = 1, max_length = 2_000, regex = r"\S")]
    prompt: std::string::String,
    #[input(default = 0.7, ge = 0, le = 2.0)]
    temperature: f64,
    #[input(default = -1, ge = -1)]
    top_k: i32,
    #[input(default = LEAST + 1)]
    count: u32,
    seed: std::option::Option<u64>,
    #[input(default = None)]
    stop: std::option::Option<std::vec::Vec<std::string::String>>,
    #[input(default = "greedy")]
    sampler: Sampler,
    #[input(default = Sampler::TopP)]
    fallback: Sampler,
    #[input(default = 512)]
    size: Size,
    #[input(choices = ["png", "webp"], default = "webp", deprecated)]
    r#type: std::string::String,
    #[input(rename = "guidance-scale", description = "How closely to follow.", deprecated = false)]
    guidance_scale: f32,
    #[input(default = cog_core::json!({ "width": 1 }))]
    shape: Shape,
    image: cog_core::Path,
    key: cog_core::Secret,
    #[input(default = [1, 2], ge = 0)]
    steps: std::vec::Vec<u8>,
    extra: std::collections::HashMap<std::string::String, cog_core::Value>,
}

#[derive(Debug, cog_core::Input)]
struct Shape {
    width: u32,
    #[input(default = 1)]
    height: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, cog_core::Choices)]
enum Sampler {
    Greedy,
    TopP,
}

#[derive(Clone, Copy, Debug, cog_core::Choices)]
enum Size {
    #[choice(256)]
    Small,
    #[choice(512)]
    Large,
}

#[derive(cog_core::Input)]
struct Nothing;

#[derive(cog_core::Input, cog_core::Output)]
struct NothingEither {}

#[derive(cog_core::Input)]
struct Tagged<T: cog_core::InputValue, U>
where
    U: cog_core::InputValue,
{
    tag: T,
    values: std::vec::Vec<U>,
}

#[derive(cog_core::Output)]
struct Scores<T: cog_core::OutputValue> {
    /// The best of all.
    best: T,
    #[output(rename = "all-of-them", description = "In order.", deprecated)]
    all: std::vec::Vec<T>,
    label: &'static str,
    sampler: Sampler,
    size: Size,
}

/// Attributes of serde are its own.
#[derive(serde::Serialize, cog_core::Output)]
#[serde(rename_all = "camelCase")]
struct Shared {
    #[serde(rename = "x")]
    value: u32,
}

macro_rules! input {
    ($name:ident, $field:ident: $ty:ty = $default:expr) => {
        #[derive(cog_core::Input)]
        struct $name {
            #[input(default = $default, ge = 0)]
            $field: $ty,
        }
    };
}

macro_rules! whole_input {
    ($name:ident) => {
        #[derive(cog_core::Input, cog_core::Output)]
        struct $name {
            #[input(default = 1 + 1)]
            count: u32,
            file: cog_core::Path,
        }
    };
}

whole_input!(WhollyGenerated);
input!(Generated, count: std::option::Option<u32> = 5);

fn main() {
    use cog_core::{Choices, FieldPath, InputValue, json};

    let schema = Prompt::schema();
    let mut input = json!({
        "prompt": "Once", "guidance-scale": 1, "image": "data:,x", "key": "k", "extra": { "a": [null] },
    });
    schema.check(&input).unwrap();
    schema.check_defaults().unwrap();
    let prompt = Prompt::decode(&mut input, &FieldPath::Root).unwrap();
    assert_eq!((prompt.count, prompt.top_k, prompt.sampler, prompt.fallback), (2, -1, Sampler::Greedy, Sampler::TopP));
    assert_eq!((prompt.shape.width, prompt.shape.height, prompt.r#type.as_str()), (1, 1, "webp"));
    assert_eq!(Size::choices(), [json!(256), json!(512)]);
    assert_eq!(Generated::decode(&mut json!({}), &FieldPath::Root).unwrap().count, Some(5));
    let mut whole = json!({ "file": "data:,x" });
    assert_eq!(WhollyGenerated::decode(&mut whole, &FieldPath::Root).unwrap().count, 2);
    Tagged::<u8, Sampler>::schema().check(&json!({ "tag": 1, "values": ["top_p"] })).unwrap();
}
