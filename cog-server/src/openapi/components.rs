//! Our components, for what Cog's document does not describe.

use cog_core::schema::Components;
use serde_json::{Value, json};

use super::{Interface, Names, reference};

/// Adds what the routes of every role share.
pub(super) fn add_common(components: &mut Components) {
    let text = json!({ "type": "string" });
    components.add(
        "Index",
        json!({
            "title": "Index",
            "description": "Where everything is that this server has",
            "type": "object",
            "required": ["cog_version", "docs_url", "healthcheck_url", "openapi_url", "shutdown_url"],
            "additionalProperties": text,
        }),
    );
    components.add(
        "HealthStatus",
        json!({
            "title": "HealthStatus",
            "type": "string",
            "enum": ["STARTING", "READY", "BUSY", "UNHEALTHY", "SETUP_FAILED", "DEFUNCT"],
        }),
    );
    components.add("Health", health());
    components.add("StreamEvent", event());
    components.add(
        "Error",
        json!({
            "title": "Error",
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": text,
                "status": {
                    "description": "There if the request was understood and could not be taken on",
                    "type": "string",
                    "enum": ["failed"],
                },
            },
            "additionalProperties": false,
        }),
    );
    components.add(
        "Accepted",
        json!({
            "title": "Accepted",
            "type": "object",
            "required": ["id", "status"],
            "properties": { "id": text, "status": { "type": "string", "enum": ["starting"] } },
            "additionalProperties": false,
        }),
    );
}

fn health() -> Value {
    let time = json!({ "type": "string", "format": "date-time" });
    json!({
        "title": "Health",
        "type": "object",
        "required": ["setup", "status", "version"],
        "properties": {
            "status": reference("HealthStatus"),
            "setup": {
                "type": "object",
                "required": ["started_at", "status"],
                "properties": {
                    "started_at": time,
                    "completed_at": time,
                    "status": { "type": "string", "enum": ["starting", "succeeded", "failed"] },
                    "logs": { "type": "string" },
                },
            },
            "version": { "type": "object", "additionalProperties": { "type": "string" } },
            "user_healthcheck_error": { "type": "string" },
            "queue": {
                "description": "The line in front of the slots, where there is one",
                "type": "object",
                "required": ["max", "waiting"],
                "properties": {
                    "waiting": { "type": "integer", "minimum": 0 },
                    "max": { "type": "integer", "minimum": 1 },
                },
            },
        },
    })
}

/// One of the events that a stream consists of.
fn event() -> Value {
    json!({
        "title": "StreamEvent",
        "type": "object",
        "required": ["data", "event"],
        "properties": {
            "id": {
                "description": "Where this event stands, for `Last-Event-ID`",
                "type": "string",
            },
            "event": {
                "type": "string",
                "enum": ["start", "log", "metric", "progress", "output", "completed", "error"],
            },
            "data": {
                "description": "JSON",
                "type": "string",
            },
        },
    })
}

/// Adds what the routes of a role send and receive.
pub(super) fn add_envelopes(interface: &Interface<'_>, components: &mut Components) {
    let names = Names::of(interface.role);
    components.add(names.named_request, named_request(interface, &names));
    components.add(names.state, state(&names));
}

/// All that the body of a request can have, but for the name, which is in the path.
fn named_request(interface: &Interface<'_>, names: &Names) -> Value {
    let mut request = json!({
        "title": names.named_request,
        "description": "An `id` has to equal the one in the path; other members are ignored",
        "type": "object",
        "properties": {
            "input": reference(names.input),
            "context": {
                "description": "What the model may want to know beside its inputs",
                "type": "object",
                "additionalProperties": { "type": "string" },
                "nullable": true,
            },
            "cancel_after": {
                "description": "How long it may take, waiting and running: seconds, or a text such as `1m30s`. Wins over `Cancel-After`",
                "anyOf": [{ "type": "number", "minimum": 0, "exclusiveMinimum": true }, duration()],
                "nullable": true,
            },
            "webhook": {
                "description": "An URL that is told what happens; ignored if it is none",
                "type": "string",
                "nullable": true,
            },
            "webhook_events_filter": {
                "description": "What the webhook is told; everything if this is omitted",
                "type": "array",
                "items": { "type": "string", "enum": ["start", "output", "logs", "completed"] },
            },
        },
    });
    if interface.needs_input() {
        request["required"] = json!(["input"]);
    } else {
        request["properties"]["input"] = json!({ "allOf": [reference(names.input)], "nullable": true });
    }
    request
}

/// A time above nothing as a text: seconds, or hours, minutes and seconds with their letters.
pub(super) fn duration() -> Value {
    let seconds = r"(0\.[0-9]{0,2}[1-9]|[1-9][0-9]{0,4}(\.[0-9]{1,3})?)s?";
    let longer = "[1-9][0-9]{0,4}(m([0-9]{1,2}s)?|h([0-9]{1,2}m)?([0-9]{1,2}s)?)";
    json!({ "type": "string", "pattern": format!("^({seconds}|{longer})$") })
}

/// How a prediction or a training is, while it runs and after.
fn state(names: &Names) -> Value {
    let text = json!({ "type": "string" });
    let time = json!({ "type": "string", "format": "date-time" });
    let output = reference(names.output);
    json!({
        "title": names.state,
        "type": "object",
        "required": ["created_at", "id", "logs", "metrics", "status", "version"],
        "properties": {
            "input": {
                "description": "What was sent: secrets masked, and long texts shortened",
                "type": "object",
            },
            "output": {
                "description": "Before the end it is a list of what there is, whatever it will be then",
                "anyOf": [output, { "type": "array", "items": output }],
            },
            "id": text,
            "version": text,
            "created_at": time,
            "started_at": time,
            "completed_at": time,
            "status": reference("Status"),
            "error": text,
            "logs": text,
            "metrics": { "type": "object" },
        },
        "additionalProperties": false,
    })
}
