//! A model with an input of every type, which outputs what it was given.

use std::collections::BTreeMap;

use cog_core::{Choices, Input, Path, Predictor, Result, Scope, Secret, Setup, Value, json};

#[derive(Input)]
pub(crate) struct Everything {
    /// The only one that has to be there.
    name: String,
    #[input(default = "hello", min_length = 2, max_length = 5)]
    text: String,
    #[input(regex = "^[a-z]+$")]
    lower: Option<String>,
    #[input(regex = "[0-9]{2}")]
    code: Option<String>,
    #[input(default = 1, ge = 1, le = 10, deprecated)]
    count: i64,
    #[input(ge = 0.5, le = 2)]
    ratio: Option<f64>,
    flag: Option<bool>,
    colour: Option<Colour>,
    #[input(choices = [1, 2, 3])]
    size: Option<i64>,
    tags: Option<Vec<String>>,
    colours: Option<Vec<Colour>>,
    numbers: Option<BTreeMap<String, i64>>,
    anything: Option<Value>,
    image: Option<Path>,
    images: Option<Vec<Path>>,
    #[input(min_length = 50)]
    key: Option<Secret>,
    point: Option<Point>,
}

#[derive(Choices, Clone, Copy)]
enum Colour {
    Red,
    Green,
    Blue,
}

#[derive(Input)]
struct Point {
    x: i64,
    y: Option<i64>,
}

pub(crate) struct Typed;

impl Predictor for Typed {
    type Input = Everything;
    type Output = Value;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Everything, _: Scope) -> Result<Value> {
        Ok(json!({
            "name": input.name,
            "text": input.text,
            "lower": input.lower,
            "code": input.code,
            "count": input.count,
            "ratio": input.ratio,
            "flag": input.flag,
            "colour": input.colour.map(Colour::name),
            "size": input.size,
            "tags": input.tags,
            "colours": input.colours.map(|colours| colours.into_iter().map(Colour::name).collect::<Vec<_>>()),
            "numbers": input.numbers,
            "anything": input.anything,
            "image": input.image.as_ref().map(text).transpose()?,
            "images": input.images.map(|images| images.iter().map(text).collect::<Result<Vec<_>>>()).transpose()?,
            "key": input.key.map(|key| key.expose().len()),
            "point": input.point.map(|point| json!({ "x": point.x, "y": point.y })),
        }))
    }
}

impl Colour {
    const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
        }
    }
}

fn text(file: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&file.read()?).into_owned())
}
