//! `GET /openapi.json`.

use serde_json::{Value, json};

use crate::support::Server;
use crate::trainings;

/// Cog's own document for a predictor without inputs: what it says of requests, replies and routes is the same for every predictor.
const COG: &str = include_str!("document/no_inputs.json");

/// Cog's own document for a model that only trains.
const COG_TRAINING: &str = include_str!("document/training_only.json");

/// The document of a server that makes predictions and trains.
const BOTH: &str = include_str!("document/both.json");

#[tokio::test(flavor = "multi_thread")]
async fn the_fixed_parts_equal_cogs_own() {
    let server = Server::start(1).await;
    let reply = server.get("/openapi.json").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let ours = reply.json();
    let cog: Value = COG.parse().unwrap();
    for component in
        ["PredictionRequest", "PredictionResponse", "Status", "HTTPValidationError", "ValidationError"]
    {
        let path = format!("/components/schemas/{component}");
        assert_eq!(ours.pointer(&path).unwrap(), cog.pointer(&path).unwrap(), "{component}");
    }
    // Ours says more: routes and statuses that Cog has and does not tell of. What Cog says is all there.
    assert_contains(&ours["paths"], &cog["paths"], "");
    assert_eq!(ours.pointer("/paths/~1predictions/post/x-cog-streaming"), Some(&json!(true)));
    assert_eq!(ours["openapi"], cog["openapi"]);
    assert_eq!(
        ours.pointer("/components/schemas/Input/properties/count").unwrap(),
        &json!({
            "title": "Count", "type": "integer", "default": 1, "minimum": 1, "maximum": 10, "x-order": 2,
        })
    );
}

/// Whatever Cog says of this very training, the document of a server that only trains and that of one that does both say.
#[tokio::test(flavor = "multi_thread")]
async fn trainings_are_described_as_cog_does() {
    let cog: Value = COG_TRAINING.parse().unwrap();
    for server in [trainings::trainer().await, trainings::ready().await] {
        let ours = server.get("/openapi.json").await.json();
        for (component, schema) in cog.pointer("/components/schemas").unwrap().as_object().unwrap() {
            assert_eq!(
                ours.pointer(&format!("/components/schemas/{component}")),
                Some(schema),
                "{component}"
            );
        }
        assert_contains(&ours["paths"], &cog["paths"], "");
        let refusal = "/paths/~1trainings/post/responses/406/description";
        assert!(ours.pointer(refusal).is_some(), "{refusal}");
        assert_eq!(ours.pointer("/paths/~1trainings/post/x-cog-streaming"), None);
    }
}

/// A server that only trains has nothing to say of predictions.
#[tokio::test(flavor = "multi_thread")]
async fn a_trainer_describes_no_predictions() {
    let server = trainings::trainer().await;
    let document = server.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap().keys();
    let families: Vec<_> = paths.filter(|path| path.contains("ions") || path.contains("ings")).collect();
    assert_eq!(families, ["/trainings", "/trainings/{training_id}", "/trainings/{training_id}/cancel"]);
    let components = document.pointer("/components/schemas").unwrap().as_object().unwrap();
    for name in ["Input", "Output", "PredictionRequest", "PredictionResponse"] {
        assert!(!components.contains_key(name), "{name}");
    }
}

/// A change of the document is a change of the API. `COG_SERVER_OVERWRITE=1` writes it anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_document_of_both_is_the_one_that_is_checked_in() {
    let server = trainings::ready().await;
    let mut document = server.get("/openapi.json").await.json();
    document["info"]["version"] = json!("0.0.0");
    let text = format!("{document:#}\n");
    if std::env::var_os("COG_SERVER_OVERWRITE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/document/both.json"), &text).unwrap();
    } else {
        assert_eq!(text, BOTH, "run with `COG_SERVER_OVERWRITE=1` to write it anew");
    }
}

/// Checks that whatever the second value has, the first has as well.
#[track_caller]
fn assert_contains(ours: &Value, theirs: &Value, place: &str) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for (name, value) in theirs {
                let place = format!("{place}/{name}");
                assert_contains(
                    ours.get(name).unwrap_or_else(|| panic!("{place} is missing")),
                    value,
                    &place,
                );
            }
        }
        _ => assert_eq!(ours, theirs, "{place}"),
    }
}

/// Cog says of some replies only that there are any. Here every reply has a schema that says something.
#[tokio::test(flavor = "multi_thread")]
async fn every_reply_is_described() {
    let document = trainings::ready().await.get("/openapi.json").await.json();
    let methods = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    let mut count = 0;
    for (_, operation) in methods {
        for (status, response) in operation["responses"].as_object().unwrap() {
            for (media_type, content) in response["content"].as_object().unwrap() {
                let schema = content["schema"].as_object().unwrap();
                assert!(!schema.is_empty(), "{} {status} {media_type}", operation["operationId"]);
                count += 1;
            }
        }
    }
    assert!(count > 40, "only {count}");
}

/// Every route that answers is in the document.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_described() {
    let server = Server::start(1).await;
    let document = server.get("/openapi.json").await.json();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        paths,
        [
            "/",
            "/docs",
            "/health-check",
            "/livez",
            "/openapi.json",
            "/predictions",
            "/predictions/{prediction_id}",
            "/predictions/{prediction_id}/cancel",
            "/readyz",
            "/shutdown",
        ]
    );
}
