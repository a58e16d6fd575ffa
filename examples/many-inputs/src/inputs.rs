//! Every type and rule that an input can have.

use std::collections::BTreeMap;

use cog_core::{Choices, Input, Json, Output, Path, Secret, Value, json};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The inputs. A doc comment is published as the description of its field.
#[derive(Input)]
pub(crate) struct ManyInputs {
    /// A text of 1 to 40 characters.
    #[input(min_length = 1, max_length = 40)]
    pub(crate) text: String,
    /// A text that a pattern has to match.
    #[input(default = "abc", regex = "^[a-z]{1,8}$")]
    pub(crate) word: String,
    #[input(default = "", description = "The setting `description` wins over a comment.")]
    pub(crate) note: String,
    pub(crate) caption: Option<String>,

    /// The range of a type is published as if it had been written out.
    pub(crate) byte: u8,
    #[input(default = -1)]
    pub(crate) short: i16,
    #[input(default = 28, ge = 1, le = 150)]
    pub(crate) steps: u32,
    #[input(default = 0, ge = -9_007_199_254_740_991_i64, le = 9_007_199_254_740_991_i64)]
    pub(crate) offset: i64,
    #[input(le = 4_294_967_295_u64)]
    pub(crate) seed: Option<u64>,

    #[input(default = 7.5, ge = 0, le = 20.5)]
    pub(crate) guidance: f64,
    #[input(default = 1, ge = -1, le = 1)]
    pub(crate) strength: f32,
    #[input(default = None, ge = 0)]
    pub(crate) temperature: Option<f64>,

    #[input(default = true)]
    pub(crate) is_tiled: bool,
    pub(crate) is_draft: Option<bool>,

    /// Choices that stand in an attribute.
    #[input(default = "png", choices = ["png", "webp"])]
    pub(crate) format: String,
    #[input(default = 2, choices = [1, 2, 4])]
    pub(crate) scale: u8,
    /// Choices that are a type.
    #[input(default = Style::BlackAndWhite)]
    pub(crate) style: Style,
    pub(crate) edge: Option<Edge>,

    #[input(default = ["a", "b"], max_length = 8)]
    pub(crate) tags: Vec<String>,
    /// Rules above a list are rules for its items.
    #[input(default = [0.5], ge = 0, le = 1)]
    pub(crate) weights: Vec<f64>,
    #[input(choices = ["left", "right"])]
    pub(crate) sides: Option<Vec<String>>,

    pub(crate) region: Region,
    #[input(default = [])]
    pub(crate) regions: Vec<Region>,
    pub(crate) frame: Option<Region>,
    #[input(default = json!({ "likes": 3 }))]
    pub(crate) counts: BTreeMap<String, u16>,

    /// A type of `serde` and `schemars`.
    #[input(default = json!({ "kind": "circle", "radius": 1.5 }))]
    pub(crate) shape: Json<Shape>,
    #[input(default = json!(null), rename = "any-thing")]
    pub(crate) anything: Value,

    pub(crate) file: Option<Path>,
    #[input(default = [])]
    pub(crate) files: Vec<Path>,

    /// A text that is never shown.
    #[input(min_length = 4)]
    pub(crate) token: Option<Secret>,

    #[input(default = 1, deprecated)]
    pub(crate) old_steps: u32,
}

#[derive(Choices, Clone, Copy)]
#[choices(rename_all = "kebab-case")]
pub(crate) enum Style {
    Plain,
    BlackAndWhite,
    #[choice("35 mm")]
    Film,
}

#[derive(Choices, Clone, Copy)]
pub(crate) enum Edge {
    #[choice(256)]
    Small,
    #[choice(512)]
    Large,
}

/// A struct in an input, and in an output as well.
#[derive(Input, Output)]
pub(crate) struct Region {
    pub(crate) left: u16,
    pub(crate) top: u16,
    #[input(default = 64, ge = 1)]
    pub(crate) size: u16,
    #[input(max_length = 20)]
    pub(crate) label: Option<String>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Shape {
    Circle { radius: f64 },
    Rectangle { width: f64, height: f64 },
}
