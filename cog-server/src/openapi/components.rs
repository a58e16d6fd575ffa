//! The components that are the same for every predictor.

use cog_core::schema::Components;
use serde_json::{Value, json};

/// Adds what the routes under `/predictions` send and receive.
pub(super) fn add_predictions(components: &mut Components) {
    components.add("PredictionRequest", request("PredictionRequest", "Input"));
    components.add("PredictionResponse", response("PredictionResponse", "Input", "Output"));
    components.add(
        "Status",
        json!({
            "title": "Status",
            "description": "An enumeration.",
            "type": "string",
            "enum": ["starting", "processing", "succeeded", "canceled", "failed"],
        }),
    );
    components.add(
        "HTTPValidationError",
        json!({
            "title": "HTTPValidationError",
            "type": "object",
            "properties": {
                "detail": {
                    "title": "Detail",
                    "type": "array",
                    "items": reference("ValidationError"),
                },
            },
        }),
    );
    components.add(
        "ValidationError",
        json!({
            "title": "ValidationError",
            "type": "object",
            "required": ["loc", "msg", "type"],
            "properties": {
                "loc": {
                    "title": "Location",
                    "type": "array",
                    "items": { "anyOf": [{ "type": "string" }, { "type": "integer" }] },
                },
                "msg": { "title": "Message", "type": "string" },
                "type": { "title": "Error Type", "type": "string" },
            },
        }),
    );
}

fn request(title: &str, input: &str) -> Value {
    json!({
        "title": title,
        "type": "object",
        "properties": { "id": { "title": "Id", "type": "string" }, "input": reference(input) },
    })
}

fn response(title: &str, input: &str, output: &str) -> Value {
    let string = |title: &str| json!({ "title": title, "type": "string" });
    let time = |title: &str| json!({ "title": title, "type": "string", "format": "date-time" });
    json!({
        "title": title,
        "type": "object",
        "properties": {
            "input": reference(input),
            "output": reference(output),
            "id": string("Id"),
            "version": string("Version"),
            "created_at": time("Created At"),
            "started_at": time("Started At"),
            "completed_at": time("Completed At"),
            "status": string("Status"),
            "error": string("Error"),
            "logs": string("Logs"),
            "metrics": { "title": "Metrics", "type": "object" },
        },
    })
}

fn reference(component: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{component}") })
}
