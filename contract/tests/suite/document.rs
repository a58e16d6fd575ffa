//! Section 16: the OpenAPI document.

use serde_json::{Value, json};

use crate::support::Server;

/// The document of a model.
#[track_caller]
fn document(model: &str) -> Value {
    let reply = Server::of(model).get("/openapi.json");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    reply.json()
}

/// A component of it.
fn component(document: &Value, name: &str) -> Value {
    document["components"]["schemas"][name].clone()
}

/// Contract 16.1, 16.7.
#[test]
fn it_is_the_same_on_the_wire_and_on_the_command_line() {
    for model in ["value", "typed", "trainer", "both"] {
        let document = document(model);
        assert_eq!(document["openapi"], "3.0.2");
        assert_eq!(document["info"], json!({ "title": "Cog", "version": env!("CARGO_PKG_VERSION") }));
        let printed = Server::launch(model).arg("schema").run();
        let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
        assert_eq!(printed, document, "{model}");
    }
}

/// Contract 16.2, 16.3, 16.6; D10, D28.
#[test]
fn every_route_is_described() {
    const COMMON: &[(&str, &str, &str, &str)] = &[
        ("/", "get", "root__get", "200"),
        ("/health-check", "get", "healthcheck_health_check_get", "200"),
        ("/docs", "get", "docs_docs_get", "200"),
        ("/livez", "get", "livez_get", "200"),
        ("/readyz", "get", "readyz_get", "200 503"),
        ("/openapi.json", "get", "openapi_openapi_json_get", "200 503"),
        ("/shutdown", "post", "shutdown_shutdown_post", "200"),
    ];
    const REFUSALS: &str = "200 202 400 408 409 413 415 422 429 503";
    const PREDICTIONS: &[(&str, &str, &str, &str)] = &[
        ("/predictions", "post", "predict_predictions_post", REFUSALS),
        (
            "/predictions/{prediction_id}",
            "put",
            "predict_idempotent_predictions__prediction_id__put",
            REFUSALS,
        ),
        ("/predictions/{prediction_id}", "get", "prediction_predictions__prediction_id__get", "200 404"),
        (
            "/predictions/{prediction_id}/cancel",
            "post",
            "cancel_predictions__prediction_id__cancel_post",
            "200 404 422",
        ),
    ];
    const TRAINING_REFUSALS: &str = "200 202 400 406 408 409 413 415 422 503";
    const TRAININGS: &[(&str, &str, &str, &str)] = &[
        ("/trainings", "post", "train_trainings_post", TRAINING_REFUSALS),
        (
            "/trainings/{training_id}",
            "put",
            "train_idempotent_trainings__training_id__put",
            TRAINING_REFUSALS,
        ),
        ("/trainings/{training_id}", "get", "training_trainings__training_id__get", "200 404"),
        (
            "/trainings/{training_id}/cancel",
            "post",
            "cancel_trainings__training_id__cancel_post",
            "200 404 422",
        ),
    ];
    for (model, routes) in [
        ("value", [COMMON, PREDICTIONS].concat()),
        ("trainer", [COMMON, TRAININGS].concat()),
        ("both", [COMMON, PREDICTIONS, TRAININGS].concat()),
    ] {
        let document = document(model);
        let mut expected: Vec<_> = routes
            .iter()
            .map(|(path, method, id, statuses)| format!("{method} {path} {id} {statuses}"))
            .collect();
        let mut described = Vec::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                let statuses: Vec<&str> =
                    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
                described.push(format!("{method} {path} {id} {}", statuses.join(" ")));
            }
        }
        expected.sort_unstable();
        described.sort_unstable();
        assert_eq!(described, expected, "{model}");
        let streams = |path: &str| document["paths"][path]["post"]["x-cog-streaming"].clone();
        let of_predictions = if model == "trainer" { Value::Null } else { json!(true) };
        assert_eq!((streams("/predictions"), streams("/trainings")), (of_predictions, Value::Null));
    }
}

/// Contract 16.4, 16.5; D28.
#[test]
fn requests_and_replies_are_cogs() {
    let document = document("both");
    let text = |title: &str| json!({ "title": title, "type": "string" });
    let time = |title: &str| json!({ "title": title, "type": "string", "format": "date-time" });
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    for (role, input, output) in
        [("Prediction", "Input", "Output"), ("Training", "TrainingInput", "TrainingOutput")]
    {
        let request = json!({
            "title": format!("{role}Request"), "type": "object",
            "properties": { "id": text("Id"), "input": reference(input) },
        });
        assert_eq!(component(&document, &format!("{role}Request")), request);
        let response = json!({
            "title": format!("{role}Response"), "type": "object",
            "properties": {
                "input": reference(input), "output": reference(output), "id": text("Id"), "version": text("Version"),
                "created_at": time("Created At"), "started_at": time("Started At"), "completed_at": time("Completed At"),
                "status": text("Status"), "error": text("Error"), "logs": text("Logs"),
                "metrics": { "title": "Metrics", "type": "object" },
            },
        });
        assert_eq!(component(&document, &format!("{role}Response")), response);
    }
    let status = json!({
        "title": "Status", "description": "An enumeration.", "type": "string",
        "enum": ["starting", "processing", "succeeded", "canceled", "failed"],
    });
    assert_eq!(component(&document, "Status"), status);
    let error = component(&document, "ValidationError");
    assert_eq!(error["required"], json!(["loc", "msg", "type"]));
    let detail = json!({ "title": "Detail", "type": "array", "items": reference("ValidationError") });
    assert_eq!(component(&document, "HTTPValidationError")["properties"], json!({ "detail": detail }));

    for (model, has_predictor, has_trainer) in
        [("value", true, false), ("trainer", false, true), ("both", true, true)]
    {
        let document = self::document(model);
        for (names, are_there) in
            [(["Input", "Output"], has_predictor), (["TrainingInput", "TrainingOutput"], has_trainer)]
        {
            for name in names {
                assert_eq!(component(&document, name).is_object(), are_there, "{name} of {model}");
            }
        }
    }
}

/// Contract 16.8, 16.9, 16.10, 16.11, 16.12, 16.13, 16.14, 16.16; D33.
#[test]
fn inputs_are_described_as_cog_does() {
    let document = document("typed");
    let input = component(&document, "Input");
    let mut members: Vec<&String> = input.as_object().unwrap().keys().collect();
    members.sort_unstable();
    assert_eq!(members, ["properties", "required", "title", "type"]);
    assert_eq!((&input["title"], &input["type"]), (&json!("Input"), &json!("object")));
    assert_eq!(input["required"], json!(["name"]));
    let enumeration = |name: &str| json!([{ "$ref": format!("#/components/schemas/{name}") }]);
    for (name, schema) in [
        (
            "name",
            json!({ "title": "Name", "type": "string", "description": "The only one that has to be there.",
                "x-order": 0 }),
        ),
        (
            "text",
            json!({ "title": "Text", "type": "string", "default": "hello", "minLength": 2, "maxLength": 5,
                "x-order": 1 }),
        ),
        (
            "lower",
            json!({ "title": "Lower", "type": "string", "pattern": "^[a-z]+$", "nullable": true, "x-order": 2 }),
        ),
        (
            "count",
            json!({ "title": "Count", "type": "integer", "default": 1, "minimum": 1, "maximum": 10,
                "deprecated": true, "x-order": 4 }),
        ),
        (
            "ratio",
            json!({ "title": "Ratio", "type": "number", "minimum": 0.5, "maximum": 2, "nullable": true,
                "x-order": 5 }),
        ),
        ("flag", json!({ "title": "Flag", "type": "boolean", "nullable": true, "x-order": 6 })),
        ("colour", json!({ "allOf": enumeration("colour"), "nullable": true, "x-order": 7 })),
        ("size", json!({ "allOf": enumeration("size"), "nullable": true, "x-order": 8 })),
        (
            "tags",
            json!({ "title": "Tags", "type": "array", "items": { "type": "string" }, "nullable": true,
                "x-order": 9 }),
        ),
        (
            "numbers",
            json!({ "title": "Numbers", "type": "object", "additionalProperties": { "type": "integer" },
                "nullable": true, "x-order": 11 }),
        ),
        ("anything", json!({ "title": "Anything", "nullable": true, "x-order": 12 })),
        (
            "image",
            json!({ "title": "Image", "type": "string", "format": "uri", "nullable": true, "x-order": 13 }),
        ),
        (
            "key",
            json!({ "title": "Key", "type": "string", "format": "password", "writeOnly": true,
                "x-cog-secret": true, "minLength": 50, "nullable": true, "x-order": 15 }),
        ),
    ] {
        assert_eq!(input["properties"][name], schema, "{name}");
    }
    for (name, values, kind) in
        [("colour", json!(["red", "green", "blue"]), "string"), ("size", json!([1, 2, 3]), "integer")]
    {
        let schema = json!({ "title": name, "description": "An enumeration.", "enum": values, "type": kind });
        assert_eq!(component(&document, name), schema);
    }
    let optional = self::document("value");
    assert_eq!(component(&optional, "Input").get("required"), None, "nothing is required");
    let trained = component(&self::document("school"), "TrainingInput");
    assert_eq!(trained["required"], json!(["n"]));
}

/// Contract 16.18, 16.19, 16.20, 16.21, 16.22.
#[test]
fn outputs_are_described_as_cog_does() {
    let file = json!({ "type": "string", "format": "uri" });
    for (model, schema) in [
        ("stream", json!({ "type": "array", "items": {}, "x-cog-array-type": "iterator" })),
        (
            "concatenate",
            json!({ "type": "array", "items": { "type": "string" }, "x-cog-array-type": "iterator",
                "x-cog-array-display": "concatenate" }),
        ),
        ("file-stream", json!({ "type": "array", "items": file, "x-cog-array-type": "iterator" })),
        ("files", json!({ "type": "array", "items": file })),
        ("file", file.clone()),
        ("number", json!({ "type": "number" })),
        ("value", json!({})),
    ] {
        let mut schema = schema;
        schema["title"] = json!("Output");
        assert_eq!(component(&document(model), "Output"), schema, "{model}");
    }
    let property = |title: &str, description: &str| json!({ "type": "string", "format": "uri", "title": title, "nullable": true, "description": description });
    let mut second = property("Second", "");
    second.as_object_mut().unwrap().remove("description");
    let others =
        json!({ "type": "array", "items": file, "title": "Others", "description": "All other files." });
    let inner = json!({
        "type": "object", "title": "Inner", "description": "The second file, a level below.",
        "properties": { "second": second, "others": others }, "required": ["others"],
    });
    let object = json!({
        "type": "object", "title": "Output", "required": ["inner"],
        "properties": {
            "value": { "title": "Value", "nullable": true, "description": "The last value." },
            "first": property("First", "The first file."),
            "inner": inner,
        },
    });
    assert_eq!(component(&document("object"), "Output"), object);
    assert_eq!(component(&document("trainer"), "TrainingOutput"), object);
}
