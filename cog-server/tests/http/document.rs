//! `GET /openapi.json`.

use serde_json::{Value, json};

use crate::support::Server;

/// Cog's own document for a predictor without inputs: what it says of requests, replies and routes is the same for every predictor.
const COG: &str = include_str!("document/no_inputs.json");

#[tokio::test(flavor = "multi_thread")]
async fn the_fixed_parts_equal_cogs_own() {
    let server = Server::start_with(1, Some("hang")).await;
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
    for path in ["~1", "~1health-check", "~1predictions"] {
        let path = format!("/paths/{path}");
        assert_eq!(ours.pointer(&path).unwrap(), cog.pointer(&path).unwrap(), "{path}");
    }
    assert_eq!(ours["openapi"], cog["openapi"]);
    assert_eq!(
        ours.pointer("/components/schemas/Input/properties/count").unwrap(),
        &json!({
            "title": "Count", "type": "integer", "default": 1, "minimum": 1, "maximum": 10, "x-order": 2,
        })
    );
}
