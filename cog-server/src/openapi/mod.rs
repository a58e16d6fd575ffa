//! The OpenAPI document of a predictor.
//!
//! Cog's document, member for member, and what Cog leaves out of it. The schemas of input and output come from `cog-core`; the rest is
//! the same for every predictor.

mod components;
mod paths;

use cog_core::Schema;
use cog_core::schema::Components;
use serde_json::{Value, json};

/// Writes the document of a predictor that takes `input` and makes `output`.
#[must_use]
pub fn document(input: &Schema, output: &Schema) -> Value {
    let mut components = Components::default();
    // Inputs last: a field with choices that is called like something of ours has to make room.
    components::add_predictions(&mut components);
    components.add_output("Output", output);
    components.add_input("Input", input);
    json!({
        "openapi": "3.0.2",
        "info": { "title": "Cog", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths::all(),
        "components": { "schemas": components.into_value() },
    })
}
