//! The OpenAPI document of a model.
//!
//! Cog's document, member for member, and what Cog leaves out of it. Where Cog's own schemas say too little of what goes over the wire,
//! there are components of ours beside them; Cog's stay as clients know them. The schemas of inputs and outputs come from `cog-core`;
//! the rest depends only on what the model is there for.

mod cog;
mod components;
mod operations;
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
    cog::add_common(&mut components);
    components::add_common(&mut components);
    for interface in interfaces.clone() {
        let names = Names::of(interface.role);
        cog::add_envelopes(&names, &mut components);
        components::add_envelopes(&interface, &mut components);
        components.add(names.input, Value::Null);
        components.add_output(names.output, interface.output);
    }
    for Interface { role, input, .. } in interfaces.clone() {
        components.add_input(Names::of(role).input, input);
    }
    json!({
        "openapi": "3.0.2",
        "info": { "title": "Cog", "version": env!("CARGO_PKG_VERSION") },
        "paths": paths::of(interfaces),
        "components": { "schemas": components.into_value() },
    })
}

impl Interface<'_> {
    /// Tells whether a request has to bring inputs.
    fn needs_input(&self) -> bool {
        self.input.check(&json!({})).is_err()
    }
}

/// What the components of a role are called.
struct Names {
    input: &'static str,
    output: &'static str,
    /// What Cog calls the body of a request and of a reply.
    request: &'static str,
    response: &'static str,
    /// The same of ours, for the routes that Cog does not tell of.
    named_request: &'static str,
    state: &'static str,
}

impl Names {
    const fn of(role: Role) -> Self {
        match role {
            Role::Predictor => Self {
                input: "Input",
                output: "Output",
                request: "PredictionRequest",
                response: "PredictionResponse",
                named_request: "NamedPredictionRequest",
                state: "Prediction",
            },
            Role::Trainer => Self {
                input: "TrainingInput",
                output: "TrainingOutput",
                request: "TrainingRequest",
                response: "TrainingResponse",
                named_request: "NamedTrainingRequest",
                state: "Training",
            },
        }
    }
}

/// A reference to a component.
fn reference(component: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{component}") })
}
