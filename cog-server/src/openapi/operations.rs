//! What is at and below `/predictions` and `/trainings`, and every status with which each can answer.

use serde_json::{Map, Value, json};

use super::components::duration;
use super::paths::{answer, json_content, nothing, operation, refused};
use super::{Interface, Names, reference};
use crate::role::Role;

/// Adds the routes of a role.
pub(super) fn add(interface: &Interface<'_>, paths: &mut Map<String, Value>) {
    let role = interface.role;
    let noun = role.noun();
    paths.insert(format!("/{noun}s"), json!({ "post": create(role) }));
    paths.insert(
        format!("/{noun}s/{{{noun}_id}}"),
        json!({ "put": create_named(interface), "get": show(role) }),
    );
    paths.insert(format!("/{noun}s/{{{noun}_id}}/cancel"), json!({ "post": cancel(role) }));
}

/// Cog's operation, and the replies that Cog gives and does not tell of.
fn create(role: Role) -> Value {
    let (names, verb, noun) = (Names::of(role), role.verb(), role.noun());
    let id = format!("{verb}_{noun}s_post");
    let mut operation = operation(&id, summary(role), answer(reference(names.response)));
    operation["description"] = format!("Run a single {noun} on the model").into();
    operation["parameters"] = json!([prefer(), cancel_after()]);
    operation["requestBody"] = json!({
        "description": format!("Beside `id` and `input`, the body can have what is in `{}`", names.named_request),
        "content": json_content(reference(names.request)),
    });
    add_replies(role, reference("Accepted"), &mut operation);
    operation
}

fn create_named(interface: &Interface<'_>) -> Value {
    let role = interface.role;
    let (names, verb, noun) = (Names::of(role), role.verb(), role.noun());
    let id = format!("{verb}_idempotent_{noun}s__{noun}_id__put");
    let summary = format!("{} Idempotent", summary(role));
    let mut operation = operation(&id, &summary, answer(reference(names.state)));
    operation["description"] =
        format!("Run a {noun} of this name, or tell of the one that is running").into();
    let mut name = name(role);
    name["schema"]["minLength"] = 1.into();
    name["schema"]["maxLength"] = 255.into();
    name["schema"]["pattern"] = "^[!-~]+$".into();
    let mut parameters = vec![name, prefer(), cancel_after()];
    if role == Role::Predictor {
        parameters.push(last_event_id());
    }
    operation["parameters"] = parameters.into();
    operation["requestBody"] = json!({
        "required": interface.needs_input(),
        "content": json_content(reference(names.named_request)),
    });
    let accepted = json!({ "anyOf": [reference("Accepted"), reference(names.state)] });
    add_replies(role, accepted, &mut operation);
    operation
}

/// Adds what both ways to begin have in common. `accepted` is the reply to those who do not wait.
fn add_replies(role: Role, accepted: Value, operation: &mut Value) {
    let noun = role.noun();
    let responses = &mut operation["responses"];
    responses["202"] = json!({
        "description": "Accepted, or running already",
        "headers": {
            "Preference-Applied": {
                "description": "There if `Prefer` was heeded",
                "schema": { "type": "string", "enum": ["respond-async"] },
            },
        },
        "content": json_content(accepted),
    });
    let retry = json!({
        "Retry-After": {
            "description": "After how many seconds it is worth another try; there if it is",
            "schema": { "type": "integer" },
        },
    });
    responses["400"] = refused("The body is no JSON", "HTTPValidationError");
    responses["408"] = refused("The body did not arrive in time", "Error");
    responses["409"] = refused(
        &format!("No slot and no place in the line is free, or a {noun} of this name is running"),
        "Error",
    );
    responses["409"]["headers"] = retry.clone();
    responses["413"] = refused("The body is too large", "Error");
    responses["415"] = refused("The body is of another content type", "Error");
    responses["422"] = invalid();
    responses["503"] = refused("The model is not ready", "Error");
    responses["503"]["headers"] = retry;
    match role {
        Role::Predictor => {
            // Each event of the stream, for those who accept that.
            responses["200"]["content"]["text/event-stream"] = json!({ "schema": reference("StreamEvent") });
            responses["429"] = refused("Too many clients follow this prediction", "Error");
            operation["x-cog-streaming"] = true.into();
        }
        Role::Trainer => {
            responses["406"] = refused("A training cannot be followed as a stream of events", "Error");
        }
    }
}

fn show(role: Role) -> Value {
    let noun = role.noun();
    let id = format!("{noun}_{noun}s__{noun}_id__get");
    let mut operation = operation(&id, title(role), answer(reference(Names::of(role).state)));
    operation["responses"]["404"] = refused(&format!("No such {noun}"), "Error");
    operation["parameters"] = json!([name(role)]);
    operation
}

/// Cog's operation, and the status for one that is over or never was.
fn cancel(role: Role) -> Value {
    let noun = role.noun();
    let id = format!("cancel_{noun}s__{noun}_id__cancel_post");
    let mut operation = operation(&id, "Cancel", answer(nothing()));
    operation["responses"]["404"] = json!({
        "description": format!("No such {noun} is running"),
        "content": json_content(nothing()),
    });
    operation["responses"]["422"] = invalid();
    operation["parameters"] = json!([name(role)]);
    operation
}

/// The parameter in the path, as Cog writes it.
fn name(role: Role) -> Value {
    json!({
        "in": "path",
        "name": format!("{}_id", role.noun()),
        "required": true,
        "schema": { "title": format!("{} Id", title(role)), "type": "string" },
    })
}

fn prefer() -> Value {
    json!({
        "in": "header",
        "name": "Prefer",
        "description": "`respond-async` asks for a reply before the end",
        "schema": { "type": "string" },
        "example": "respond-async",
    })
}

fn cancel_after() -> Value {
    json!({
        "in": "header",
        "name": "Cancel-After",
        "description": "How long it may take, waiting and running; then it is canceled",
        "schema": duration(),
        "example": "1m30s",
    })
}

fn last_event_id() -> Value {
    json!({
        "in": "header",
        "name": "Last-Event-ID",
        "description": "For a stream: the event after which to go on",
        "schema": { "type": "string" },
    })
}

fn invalid() -> Value {
    refused("Validation Error", "HTTPValidationError")
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
