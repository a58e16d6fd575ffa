//! `GET /openapi.json`.

use serde_json::{Value, json};

use crate::support::Server;

/// Cog's own document for a predictor without inputs: what it says of requests, replies and routes is the same for every predictor.
const COG: &str = include_str!("document/no_inputs.json");

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
