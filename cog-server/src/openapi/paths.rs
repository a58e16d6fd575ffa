//! The routes, and every status with which each can answer.

use serde_json::{Map, Value, json};

use super::Names;
use crate::role::Role;

/// Writes the document's `paths` for a model that plays these roles.
pub(super) fn of(roles: impl Iterator<Item = Role>) -> Value {
    let mut paths = json!({
        "/": { "get": operation("root__get", "Root", json!({ "200": anything() })) },
        "/health-check": {
            "get": operation("healthcheck_health_check_get", "Healthcheck", json!({ "200": anything() })),
        },
        "/livez": { "get": operation("livez_get", "Liveness", json!({ "200": anything() })) },
        "/readyz": {
            "get": operation("readyz_get", "Readiness", json!({
                "200": anything(),
                "503": { "description": "The model is not ready", "content": anything_json() },
            })),
        },
        "/openapi.json": {
            "get": operation("openapi_openapi_json_get", "Openapi", json!({
                "200": anything(),
                "503": { "description": "Not set up yet", "content": anything_json() },
            })),
        },
        "/shutdown": { "post": operation("shutdown_shutdown_post", "Shutdown", json!({ "200": anything() })) },
    });
    if let Value::Object(paths) = &mut paths {
        roles.for_each(|role| add_routes(role, paths));
    }
    paths
}

/// Adds what is at and below `/predictions` or `/trainings`.
fn add_routes(role: Role, paths: &mut Map<String, Value>) {
    let noun = role.noun();
    paths.insert(format!("/{noun}s"), json!({ "post": create(role) }));
    paths.insert(format!("/{noun}s/{{{noun}_id}}"), json!({ "put": create_named(role), "get": show(role) }));
    paths.insert(format!("/{noun}s/{{{noun}_id}}/cancel"), json!({ "post": cancel(role) }));
}

fn operation(id: &str, summary: &str, responses: Value) -> Value {
    let mut operation = json!({ "operationId": id, "summary": summary });
    operation["responses"] = responses;
    operation
}

/// Cog's operation, and the refusals that Cog makes and does not tell of.
fn create(role: Role) -> Value {
    let (names, verb, noun) = (Names::of(role), role.verb(), role.noun());
    let mut operation = operation(
        &format!("{verb}_{noun}s_post"),
        summary(role),
        json!({
            "200": {
                "description": "Successful Response",
                "content": json_content(names.response),
            },
            "422": invalid(),
        }),
    );
    operation["description"] = format!("Run a single {noun} on the model").into();
    operation["requestBody"] = json!({ "content": json_content(names.request) });
    add_refusals(role, &mut operation);
    operation
}

fn create_named(role: Role) -> Value {
    let (verb, noun) = (role.verb(), role.noun());
    let mut operation = create(role);
    operation["operationId"] = format!("{verb}_idempotent_{noun}s__{noun}_id__put").into();
    operation["summary"] = format!("{} Idempotent", summary(role)).into();
    operation["description"] =
        format!("Run a {noun} of this name, or tell of the one that is running").into();
    operation["parameters"] = id(role);
    operation
}

fn add_refusals(role: Role, operation: &mut Value) {
    let noun = role.noun();
    operation["responses"]["202"] = json!({
        "description": "Accepted, or running already",
        "content": json_content(Names::of(role).response),
    });
    let conflict = format!("No slot is free, or a {noun} of this name is running");
    let mut refuse = |status: &str, description: &str| {
        operation["responses"][status] = json!({ "description": description, "content": anything_json() });
    };
    refuse("400", "The body is no JSON");
    refuse("408", "The body did not arrive in time");
    refuse("409", &conflict);
    refuse("413", "The body is too large");
    refuse("415", "The body is of another content type");
    refuse("503", "The model is not ready");
    match role {
        Role::Predictor => {
            refuse("429", "Too many clients follow this prediction");
            // Every predictor streams its events to those who accept `text/event-stream`.
            operation["x-cog-streaming"] = true.into();
        }
        Role::Trainer => refuse("406", "A training cannot be followed as a stream of events"),
    }
}

fn show(role: Role) -> Value {
    let noun = role.noun();
    let missing = format!("No such {noun}");
    let mut operation = operation(
        &format!("{noun}_{noun}s__{noun}_id__get"),
        title(role),
        json!({
            "200": { "description": "Successful Response", "content": json_content(Names::of(role).response) },
            "404": { "description": missing, "content": anything_json() },
        }),
    );
    operation["parameters"] = id(role);
    operation
}

/// Cog's operation, and the status for one that is over or never was.
fn cancel(role: Role) -> Value {
    let noun = role.noun();
    let missing = format!("No such {noun} is running");
    let mut operation = operation(
        &format!("cancel_{noun}s__{noun}_id__cancel_post"),
        "Cancel",
        json!({
            "200": anything(),
            "404": { "description": missing, "content": anything_json() },
            "422": invalid(),
        }),
    );
    operation["parameters"] = id(role);
    operation
}

fn id(role: Role) -> Value {
    json!([{
        "in": "path",
        "name": format!("{}_id", role.noun()),
        "required": true,
        "schema": { "title": format!("{} Id", title(role)), "type": "string" },
    }])
}

const fn summary(role: Role) -> &'static str {
    match role {
        Role::Predictor => "Predict",
        Role::Trainer => "Train",
    }
}

const fn title(role: Role) -> &'static str {
    match role {
        Role::Predictor => "Prediction",
        Role::Trainer => "Training",
    }
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
