//! Every row of the contract's tables of refusals, as JSON.

use serde_json::{Value, json};

use crate::support::{Connection, Server, soon};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_methods() {
    let server = Server::start(1).await;
    for path in ["/nothing", "/predictions/", "/health-check/"] {
        let reply = server.send("POST", path, &[JSON], "{}").await;
        assert_eq!((reply.status, reply.header("content-type")), (404, Some("application/json")), "{path}");
        assert_eq!(reply.json(), json!({ "error": format!("there is nothing at `{path}`") }));
    }
    for (method, path, allow) in [
        ("GET", "/predictions", "POST"),
        ("POST", "/health-check", "GET,HEAD"),
        ("DELETE", "/", "GET,HEAD"),
        ("GET", "/shutdown", "POST"),
        ("OPTIONS", "/predictions", "POST"),
    ] {
        let reply = server.send(method, path, &[], "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{method} {path}");
        assert_eq!(reply.json(), json!({ "error": format!("`{path}` does not answer {method}") }));
    }
    for path in ["/", "/health-check", "/openapi.json"] {
        assert_eq!(server.send("HEAD", path, &[], "").await.status, 200, "{path}");
    }
}

/// Bytes in a path that are no text are refused like any other name that cannot be one.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_no_text() {
    let server = Server::start(1).await;
    for (method, path, expected) in [
        ("PUT", "/predictions/%FF", 422),
        ("GET", "/predictions/%FF", 404),
        ("POST", "/predictions/%FF/cancel", 404),
    ] {
        let reply = server.send(method, path, &[JSON], "{}").await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (expected, Some("application/json")),
            "{method}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_cannot_be_read() {
    let server = Server::start(1).await;
    let target = "Failed to deserialize the JSON body into the target type:";
    let parse = "Failed to parse the request body as JSON:";
    let cases: Vec<(&str, &str, u16, Value)> = vec![
        (
            "text/plain",
            "{}",
            415,
            json!({ "error": "Expected request with `Content-Type: application/json`" }),
        ),
        (
            "application/json",
            "",
            400,
            json!([
                ["body"],
                format!("{parse} EOF while parsing a value at line 1 column 0"),
                "value_error.jsondecode"
            ]),
        ),
        (
            "application/json",
            "{} x",
            400,
            json!([
                ["body"],
                format!("{parse} trailing characters at line 1 column 4"),
                "value_error.jsondecode"
            ]),
        ),
        (
            "application/json",
            r#"{"id":5}"#,
            422,
            json!([
                ["body", "id"],
                format!("{target} id: invalid type: integer `5`, expected a string at line 1 column 7"),
                "value_error"
            ]),
        ),
        (
            "application/json",
            r#"{"context":{"a":1}}"#,
            422,
            json!([
                ["body", "context.a"],
                format!(
                    "{target} context.a: invalid type: integer `1`, expected a string at line 1 column 17"
                ),
                "value_error"
            ]),
        ),
        (
            "application/json",
            r#"{"input":{},"input":{}}"#,
            422,
            json!([["body"], format!("{target} duplicate field `input` at line 1 column 19"), "value_error"]),
        ),
        (
            "application/json",
            "null",
            422,
            json!([
                ["body"],
                format!("{target} invalid type: null, expected struct PredictionRequest at line 1 column 4"),
                "value_error"
            ]),
        ),
        (
            "application/json",
            r#"{"id":""}"#,
            422,
            json!([["body", "id"], "a prediction ID must not be empty", "value_error"]),
        ),
        (
            "application/json",
            r#"{"id":"../x y"}"#,
            422,
            json!([
                ["body", "id"],
                "a prediction ID must consist of visible ASCII characters",
                "value_error"
            ]),
        ),
    ];
    for (content_type, body, status, expected) in cases {
        let reply = server.send("POST", "/predictions", &[("content-type", content_type)], body).await;
        let expected = match &expected {
            Value::Array(parts) => {
                json!({ "detail": [{ "loc": parts[0], "msg": parts[1], "type": parts[2] }] })
            }
            _ => expected,
        };
        assert_eq!((reply.status, reply.json()), (status, expected), "{content_type} {body}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_violations_at_once_with_secrets_masked() {
    let server = Server::start(1).await;
    let input = json!({
        "count": 11, "text": "h".repeat(6), "tags": ["a", 2], "key": "hunter2", "image": "/etc/hostname", "act": 7,
    });
    let reply = server.predict(&json!({ "input": input })).await;
    let detail =
        |loc: &str, msg: &str| json!({ "loc": ["body", "input", loc], "msg": msg, "type": "value_error" });
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.json(),
        json!({ "detail": [
            detail("act", "7 is not of type \"string\""),
            detail("count", "11 is greater than the maximum of 10"),
            detail("image", "\"/etc/hostname\" is not an `http:`, `https:` or `data:` URL"),
            detail("key", "\"**********\" is shorter than 50 characters"),
            detail("tags/1", "2 is not of type \"string\""),
            detail("text", "\"hhhhhh\" is longer than 5 characters"),
        ] })
    );
    let reply = server.predict(&json!({ "input": [1, 2] })).await;
    assert_eq!(reply.json(), json!({ "detail": [detail("__root__", "[1,2] is not of type \"object\"")] }));
    let reply = server.predict(&json!({ "input": { "text": "x".repeat(5_000_000) } })).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.len() < 400, "{} bytes", reply.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_body_is_refused_whether_or_not_it_says_so() {
    let server = Server::start(1).await;
    let mut connection = Connection::open(server.address).await;
    connection.write(b"POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: 104857601\r\n\r\n").await;
    // The body is never sent: the length is enough to know.
    let too_large = json!({ "error": "Failed to buffer the request body: length limit exceeded" });
    let reply = soon(connection.reply(false)).await;
    assert_eq!((reply.status, reply.json()), (413, too_large.clone()));

    let mut connection = Connection::open(server.address).await;
    connection.write(b"POST /predictions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let chunk = [b"100000\r\n".as_slice(), &[b' '; 0x10_0000], b"\r\n"].concat();
    for _ in 0..100 {
        connection.write(&chunk).await;
    }
    // Some of this is too much already, so the server may have closed the connection before it has all.
    let _ = connection.try_write(&chunk).await;
    let reply = soon(connection.reply(false)).await;
    assert_eq!((reply.status, reply.json()), (413, too_large));
}

#[tokio::test(flavor = "multi_thread")]
async fn full_and_taken() {
    let server = Server::start(1).await;
    let mut waiting = Connection::open(server.address).await;
    let body = r#"{"id":"one","input":{"act":"wait"}}"#;
    let request =
        format!("POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    waiting.write(request.as_bytes()).await;
    soon(server.stage.begun.notified()).await;

    let reply = server.predict(&json!({})).await;
    assert_eq!((reply.status, reply.header("retry-after")), (409, Some("1")));
    assert_eq!(
        reply.json(),
        json!({ "error": "At capacity - all prediction slots busy", "status": "failed" })
    );
    let reply = server.predict(&json!({ "id": "one" })).await;
    assert_eq!(reply.status, 409);
    assert_eq!(reply.json()["error"], "a prediction with ID `one` is already running");
    let reply = server.predict(&json!({ "input": { "count": 0 } })).await;
    assert_eq!(reply.status, 422, "an invalid input is told so even when there is no slot");

    server.stage.gate.notify_one();
    assert_eq!(soon(waiting.reply(false)).await.json()["output"], "waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn not_ready() {
    let error = "Setup has not finished yet. Wait until it has finished, or GET /health-check for status.";
    for weights in ["hang", "fail"] {
        let server = Server::start_with(1, Some(weights)).await;
        if weights == "fail" {
            server.engine.ready().await.unwrap_err();
        }
        for input in [json!({}), json!({ "count": 99 })] {
            let reply = server.predict(&json!({ "input": input })).await;
            assert_eq!((reply.status, reply.json()), (503, json!({ "error": error, "status": "failed" })));
        }
    }
}
