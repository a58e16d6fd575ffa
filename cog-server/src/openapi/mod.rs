//! The OpenAPI document of a predictor.
//!
//! Cog's document, member for member, from the same parts: the schemas of input and output come from `cog-core`, the rest is the same
//! for every predictor.

mod components;

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
        "paths": {
            "/": {
                "get": {
                    "summary": "Root",
                    "operationId": "root__get",
                    "responses": { "200": anything() },
                },
            },
            "/health-check": {
                "get": {
                    "summary": "Healthcheck",
                    "operationId": "healthcheck_health_check_get",
                    "responses": { "200": anything() },
                },
            },
            "/predictions": {
                "post": {
                    "summary": "Predict",
                    "description": "Run a single prediction on the model",
                    "operationId": "predict_predictions_post",
                    "requestBody": { "content": json_content("PredictionRequest") },
                    "responses": {
                        "200": {
                            "description": "Successful Response",
                            "content": json_content("PredictionResponse"),
                        },
                        "422": invalid(),
                    },
                },
            },
        },
        "components": { "schemas": components.into_value() },
    })
}

fn json_content(component: &str) -> Value {
    json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{component}") } } })
}

fn anything() -> Value {
    json!({ "description": "Successful Response", "content": { "application/json": { "schema": {} } } })
}

fn invalid() -> Value {
    json!({ "description": "Validation Error", "content": json_content("HTTPValidationError") })
}
