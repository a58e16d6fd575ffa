//! The routes, and every status with which each can answer.

use serde_json::{Value, json};

/// Writes the document's `paths`.
pub(super) fn all() -> Value {
    json!({
        "/": { "get": operation("root__get", "Root", json!({ "200": anything() })) },
        "/health-check": {
            "get": operation("healthcheck_health_check_get", "Healthcheck", json!({ "200": anything() })),
        },
        "/livez": { "get": operation("livez_get", "Liveness", json!({ "200": anything() })) },
        "/readyz": {
            "get": operation("readyz_get", "Readiness", json!({
                "200": anything(),
                "503": { "description": "Not ready to make predictions", "content": anything_json() },
            })),
        },
        "/openapi.json": {
            "get": operation("openapi_openapi_json_get", "Openapi", json!({
                "200": anything(),
                "503": { "description": "Not set up yet", "content": anything_json() },
            })),
        },
        "/shutdown": { "post": operation("shutdown_shutdown_post", "Shutdown", json!({ "200": anything() })) },
        "/predictions": { "post": create() },
        "/predictions/{prediction_id}": { "put": create_named(), "get": show() },
        "/predictions/{prediction_id}/cancel": { "post": cancel() },
    })
}

fn operation(id: &str, summary: &str, responses: Value) -> Value {
    let mut operation = json!({ "operationId": id, "summary": summary });
    operation["responses"] = responses;
    operation
}

/// Cog's operation, and the refusals that Cog makes and does not tell of.
fn create() -> Value {
    let mut operation = operation(
        "predict_predictions_post",
        "Predict",
        json!({
            "200": {
                "description": "Successful Response",
                "content": json_content("PredictionResponse"),
            },
            "422": invalid(),
        }),
    );
    operation["description"] = "Run a single prediction on the model".into();
    operation["requestBody"] = json!({ "content": json_content("PredictionRequest") });
    // Every predictor streams its events to those who accept `text/event-stream`.
    operation["x-cog-streaming"] = true.into();
    add_refusals(&mut operation);
    operation
}

fn create_named() -> Value {
    let mut operation = create();
    operation["operationId"] = "predict_idempotent_predictions__prediction_id__put".into();
    operation["summary"] = "Predict Idempotent".into();
    operation["description"] = "Run a prediction of this name, or tell of the one that is running".into();
    operation["parameters"] = prediction_id();
    operation
}

fn add_refusals(operation: &mut Value) {
    operation["responses"]["202"] = json!({
        "description": "Accepted, or running already",
        "content": json_content("PredictionResponse"),
    });
    for (status, description) in [
        ("400", "The body is no JSON"),
        ("408", "The body did not arrive in time"),
        ("409", "No slot is free, or a prediction of this name is running"),
        ("413", "The body is too large"),
        ("415", "The body is of another content type"),
        ("429", "Too many clients follow this prediction"),
        ("503", "The model is not ready"),
    ] {
        operation["responses"][status] = json!({ "description": description, "content": anything_json() });
    }
}

fn show() -> Value {
    let mut operation = operation(
        "prediction_predictions__prediction_id__get",
        "Prediction",
        json!({
            "200": { "description": "Successful Response", "content": json_content("PredictionResponse") },
            "404": { "description": "No such prediction", "content": anything_json() },
        }),
    );
    operation["parameters"] = prediction_id();
    operation
}

/// Cog's operation, and the status for a prediction that is over or never was.
fn cancel() -> Value {
    let mut operation = operation(
        "cancel_predictions__prediction_id__cancel_post",
        "Cancel",
        json!({
            "200": anything(),
            "404": { "description": "No such prediction is running", "content": anything_json() },
            "422": invalid(),
        }),
    );
    operation["parameters"] = prediction_id();
    operation
}

fn prediction_id() -> Value {
    json!([{
        "in": "path",
        "name": "prediction_id",
        "required": true,
        "schema": { "title": "Prediction Id", "type": "string" },
    }])
}

fn json_content(component: &str) -> Value {
    json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{component}") } } })
}

fn anything() -> Value {
    json!({ "description": "Successful Response", "content": anything_json() })
}

fn anything_json() -> Value {
    json!({ "application/json": { "schema": {} } })
}

fn invalid() -> Value {
    json!({ "description": "Validation Error", "content": json_content("HTTPValidationError") })
}
