//! The routes.

use serde_json::{Value, json};

use super::{Interface, operations, reference};

/// Writes the document's `paths` for a model that has these.
pub(super) fn of<'a>(interfaces: impl Iterator<Item = Interface<'a>>) -> Value {
    let mut paths = json!({
        "/": { "get": operation("root__get", "Root", answer(reference("Index"))) },
        "/docs": {
            "get": operation("docs_docs_get", "Docs", json!({
                "200": { "description": "A page for people", "content": { "text/html": { "schema": { "type": "string" } } } },
            })),
        },
        "/health-check": {
            "get": operation("healthcheck_health_check_get", "Healthcheck", answer(reference("Health"))),
        },
        "/livez": { "get": operation("livez_get", "Liveness", answer(status(json!({ "enum": ["ok"] })))) },
        "/readyz": { "get": readiness() },
        "/openapi.json": { "get": document() },
        "/shutdown": { "post": operation("shutdown_shutdown_post", "Shutdown", answer(nothing())) },
    });
    if let Value::Object(paths) = &mut paths {
        interfaces.for_each(|interface| operations::add(&interface, paths));
    }
    paths
}

fn document() -> Value {
    let mut operation = operation("openapi_openapi_json_get", "Openapi", answer(json!({ "type": "object" })));
    operation["responses"]["503"] = refused("The model is not set up", "Error");
    operation
}

fn readiness() -> Value {
    let health = status(reference("HealthStatus"));
    let mut operation = operation("readyz_get", "Readiness", answer(health.clone()));
    operation["responses"]["503"] =
        json!({ "description": "The model is not ready", "content": json_content(health) });
    operation
}

pub(super) fn operation(id: &str, summary: &str, responses: Value) -> Value {
    let mut operation = json!({ "operationId": id, "summary": summary });
    operation["responses"] = responses;
    operation
}

/// The responses of a route that has one.
pub(super) fn answer(schema: Value) -> Value {
    json!({ "200": { "description": "Successful Response", "content": json_content(schema) } })
}

pub(super) fn json_content(schema: Value) -> Value {
    let mut content = json!({ "application/json": {} });
    content["application/json"]["schema"] = schema;
    content
}

pub(super) fn refused(description: &str, component: &str) -> Value {
    json!({ "description": description, "content": json_content(reference(component)) })
}

/// An object without members.
pub(super) fn nothing() -> Value {
    json!({ "type": "object", "additionalProperties": false })
}

fn status(schema: Value) -> Value {
    let mut object = json!({ "type": "object", "required": ["status"], "properties": {} });
    object["properties"]["status"] = schema;
    object
}
