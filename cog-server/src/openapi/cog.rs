//! Cog's components around inputs and outputs, exactly as Cog writes them.

use cog_core::schema::Components;
use serde_json::{Value, json};

use super::{Names, reference};

/// Adds what the routes of a role send and receive.
pub(super) fn add_envelopes(names: &Names, components: &mut Components) {
    components.add(names.request, request(names));
    components.add(names.response, response(names));
}

/// Adds what the routes of every role share.
pub(super) fn add_common(components: &mut Components) {
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

fn request(names: &Names) -> Value {
    json!({
        "title": names.request,
        "type": "object",
        "properties": { "id": { "title": "Id", "type": "string" }, "input": reference(names.input) },
    })
}

fn response(names: &Names) -> Value {
    let string = |title: &str| json!({ "title": title, "type": "string" });
    let time = |title: &str| json!({ "title": title, "type": "string", "format": "date-time" });
    json!({
        "title": names.response,
        "type": "object",
        "properties": {
            "input": reference(names.input),
            "output": reference(names.output),
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
