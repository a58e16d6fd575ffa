//! The OpenAPI document of a model.
//!
//! Cog's document, member for member, and what Cog leaves out of it. The schemas of inputs and outputs come from `cog-core`; the rest
//! depends only on what the model is there for.

mod components;
mod paths;

use cog_core::Schema;
use cog_core::schema::Components;
use serde_json::{Value, json};

use crate::role::Role;

/// What a predictor or a trainer takes and makes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interface<'a> {
    pub(crate) role: Role,
    pub(crate) input: &'a Schema,
    pub(crate) output: &'a Schema,
}

/// Writes the document of a model that has these.
pub(crate) fn document<'a>(interfaces: impl Iterator<Item = Interface<'a>> + Clone) -> Value {
    let mut components = Components::default();
    // Inputs last: a field with choices that is called like something of ours has to make room.
    components::add_common(&mut components);
    for Interface { role, output, .. } in interfaces.clone() {
        let names = Names::of(role);
        components::add_envelopes(&names, &mut components);
        components.add(names.input, Value::Null);
        components.add_output(names.output, output);
    }
    for Interface { role, input, .. } in interfaces.clone() {
        components.add_input(Names::of(role).input, input);
    }
    json!({
        "openapi": "3.0.2",
        "info": { "title": "Cog", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths::of(interfaces.map(|interface| interface.role)),
        "components": { "schemas": components.into_value() },
    })
}

/// What the components of a role are called.
struct Names {
    input: &'static str,
    output: &'static str,
    request: &'static str,
    response: &'static str,
}

impl Names {
    const fn of(role: Role) -> Self {
        match role {
            Role::Predictor => Self {
                input: "Input",
                output: "Output",
                request: "PredictionRequest",
                response: "PredictionResponse",
            },
            Role::Trainer => Self {
                input: "TrainingInput",
                output: "TrainingOutput",
                request: "TrainingRequest",
                response: "TrainingResponse",
            },
        }
    }
}
