//! Section 1: connections, headers, bodies, media types.

use serde_json::{Value, json};

use crate::support::{ASYNC, JSON, Server, Stage};

/// A request of HTTP/2 by hand: the preface, empty settings, and one frame of headers that needs no table but the static one.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\
    \x00\x00\x00\x04\x00\x00\x00\x00\x00\
    \x00\x00\x14\x01\x05\x00\x00\x00\x01\x82\x86\x04\x0d/health-check\x01\x01x";

/// Contract 1.1.
#[test]
fn both_versions_of_http_are_answered_on_one_port() {
    let server = Server::of("value");
    let mut connection = server.connect();
    assert_eq!(connection.send("GET", "/health-check", &[], "").status, 200);

    let mut connection = server.connect();
    connection.write(HTTP_2);
    // Frames come until that of the headers (type 1) of stream 1.
    let headers = loop {
        let head = connection.exactly(9);
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let payload = connection.exactly(length);
        if head[3] == 1 {
            break payload;
        }
    };
    // Entry 8 of the static table is `:status 200`.
    assert_eq!(headers[0], 0x88, "{headers:x?}");
}

/// Contract 1.2.
#[test]
fn replies_have_no_headers_that_cog_has_not() {
    let server = Server::of("value");
    let asking = [
        ("accept-encoding", "gzip, br, zstd"),
        ("authorization", "Bearer nobody"),
        ("origin", "http://elsewhere.example"),
        ("x-request-id", "7"),
    ];
    for path in ["/", "/health-check", "/openapi.json", "/nothing"] {
        let reply = server.send("GET", path, &asking, "");
        let mut names: Vec<&str> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "content-type", "date"], "{path}");
    }
    // What speaks TLS is not understood.
    let mut connection = server.connect();
    connection.write(b"\x16\x03\x01\x00\x05hello\r\n\r\n");
    assert_eq!(connection.head().status, 400);
}

/// Contract 1.3, 1.5.
#[test]
fn json_is_compact_sorted_and_not_escaped() {
    let server = Server::of("value");
    let reply = server.predict(&json!({ "steps": [{ "output": { "z": "é", "a": [1, 2] } }] }));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert!(reply.text().contains(r#""output":{"a":[1,2],"z":"é"}"#), "{}", reply.text());
    let refusal = server.post("/predictions", &json!({ "input": { "note": 1 } }));
    let detail = r#"{"detail":[{"loc":["body","input","note"],"msg":"1 is not of type \"string\"","type":"value_error"}]}"#;
    for (reply, body) in [
        (server.get("/nothing"), r#"{"error":"there is nothing at `/nothing`"}"#),
        (server.send("POST", "/predictions/none/cancel", &[], ""), "{}"),
        (refusal, detail),
    ] {
        assert_eq!((reply.header("content-type"), reply.text()), (Some("application/json"), body));
    }
}

/// Contract 1.4.
#[test]
fn members_of_health_come_in_an_order_of_their_own() {
    let server = Server::launch("value").health(&json!([{ "fail": ["unwell"] }])).listening();
    let reply = crate::support::eventually(|| {
        let reply = server.get("/health-check");
        (reply.json()["status"] == "UNHEALTHY").then_some(reply)
    });
    let places = ["\"status\":", "\"setup\":", "\"version\":", "\"user_healthcheck_error\":"]
        .map(|member| reply.text().find(member).unwrap());
    assert!(places.is_sorted(), "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

/// Contract 1.6, 1.7; D2.
#[test]
fn a_body_may_have_a_hundred_mebibytes() {
    const LIMIT: usize = 100 << 20;
    let too_large = (413, json!({ "error": "Failed to buffer the request body: length limit exceeded" }));
    let server = Server::of("value");

    let mut connection = server.connect();
    connection.write(format!("POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: {LIMIT}\r\n\r\n"));
    let mebibyte = vec![b' '; 1 << 20];
    (0..99).for_each(|_| connection.write(&mebibyte));
    connection.write(&mebibyte[2..]);
    connection.write("{}");
    assert_eq!(connection.reply().status, 200);

    // The body is never sent: its length is enough to know.
    let mut connection = server.connect();
    connection
        .write(format!("POST /predictions HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", LIMIT + 1));
    let reply = connection.reply();
    assert_eq!((reply.status, reply.json()), too_large);
    assert_eq!(reply.header("content-type"), Some("application/json"));

    let mut connection = server.connect();
    connection.write("POST /predictions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunk = [b"100000\r\n".as_slice(), &mebibyte, b"\r\n"].concat();
    (0..100).for_each(|_| connection.write(&chunk));
    connection.write("1\r\n \r\n");
    let reply = connection.reply();
    assert_eq!((reply.status, reply.json()), too_large);
}

/// Contract 1.8.
#[test]
fn head_is_get_without_the_body() {
    let server = Server::of("value");
    server.send("PUT", "/predictions/h1", &[JSON], "{}");
    for path in ["/", "/health-check", "/openapi.json", "/docs", "/livez", "/readyz", "/predictions/h1"] {
        let mut connection = server.connect();
        let head = connection.send("HEAD", path, &[], "");
        // The connection is in step: what follows is the next reply, not a body.
        let get = connection.send("GET", path, &[], "");
        assert_eq!((head.status, get.status), (200, 200), "{path}");
        for header in ["content-length", "content-type"] {
            assert_eq!(head.header(header), get.header(header), "{path} {header}");
        }
        assert!(!get.body.is_empty());
    }
    assert_eq!(server.send("HEAD", "/nothing", &[], "").status, 404);
}

/// Contract 1.9, 1.12; D3.
#[test]
fn another_method_is_405_and_told_which_work() {
    let server = Server::of("value");
    let named = "/predictions/one";
    for (method, path, allow) in [
        ("OPTIONS", "/", "GET,HEAD"),
        ("OPTIONS", "/predictions", "POST"),
        ("OPTIONS", named, "PUT,GET,HEAD"),
        ("OPTIONS", "/shutdown", "POST"),
        ("POST", "/", "GET,HEAD"),
        ("POST", "/health-check", "GET,HEAD"),
        ("POST", "/openapi.json", "GET,HEAD"),
        ("GET", "/predictions", "POST"),
        ("HEAD", "/predictions", "POST"),
        ("PUT", "/predictions", "POST"),
        ("POST", named, "PUT,GET,HEAD"),
        ("DELETE", named, "PUT,GET,HEAD"),
        ("PATCH", named, "PUT,GET,HEAD"),
        ("GET", "/predictions/one/cancel", "POST"),
        ("GET", "/shutdown", "POST"),
    ] {
        let reply = server.send(method, path, &[], "");
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)), "{method} {path}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
        if method != "HEAD" {
            assert_eq!(reply.json(), json!({ "error": format!("`{path}` does not answer {method}") }));
        }
    }
}

/// Contract 1.10, 1.11; D3.
#[test]
fn what_is_not_there_is_404_and_named() {
    let server = Server::of("value");
    for (method, path) in [
        ("GET", "/nothing"),
        ("DELETE", "/nothing"),
        ("POST", "/predictions/"),
        ("PUT", "/predictions/"),
        ("GET", "/health-check/"),
        ("GET", "/openapi.json/"),
        ("POST", "/shutdown/"),
        ("POST", "/predictions/one/cancel/"),
        ("POST", "//predictions"),
        ("POST", "/Predictions"),
    ] {
        let reply = server.send(method, path, &[JSON], "{}");
        assert_eq!((reply.status, reply.header("content-type")), (404, Some("application/json")), "{path}");
        assert_eq!(reply.json(), json!({ "error": format!("there is nothing at `{path}`") }));
    }
    assert_eq!(server.get("/health-check?verbose=1").status, 200, "a query is no part of the path");
}

/// Contract 1.13; D27.
#[test]
fn docs_is_a_page() {
    let reply = Server::of("value").get("/docs");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(reply.text().contains("/openapi.json"));
}

/// Contract 1.14, 1.18, 1.19; D1, D2.
#[test]
fn media_types_of_bodies() {
    let server = Server::of("value");
    let body = r#"{"input":{"steps":[{"output":"read"}]}}"#;
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8;x=y",
        "Application/JSON",
        "application/problem+json",
        "application/vnd.api+json; a=b",
    ] {
        let reply = server.send("POST", "/predictions", &[("content-type", content_type)], body);
        assert_eq!((reply.status, &reply.json()["output"]), (200, &json!("read")), "{content_type}");
    }
    for content_type in [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json+x",
        "json",
        "",
    ] {
        let reply = server.send("POST", "/predictions", &[("content-type", content_type)], body);
        assert_eq!(reply.status, 415, "{content_type}");
        let message = json!({ "error": "Expected request with `Content-Type: application/json`" });
        assert_eq!((reply.header("content-type"), reply.json()), (Some("application/json"), message));
    }
    let reply = server.send("POST", "/predictions", &[], body);
    assert_eq!((reply.status, &reply.json()["output"]), (200, &json!("read")), "without a type");
    let reply = server.send("POST", "/predictions", &[], "");
    assert_eq!((reply.status, &reply.json()["output"]), (200, &Value::Null), "without type and body");
    let reply = server.send("POST", "/predictions", &[], "not JSON");
    assert_eq!(reply.status, 400, "what has no type is read all the same");
}

/// Contract 1.15; D2.
#[test]
fn bodies_that_are_no_json() {
    let server = Server::of("value");
    for (body, reason) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("{\"input\":", "EOF while parsing a value at line 1 column 9"),
        ("{} x", "trailing characters at line 1 column 4"),
        ("{\n'input': 1}", "key must be a string at line 2 column 1"),
        ("{\"input\":{},}", "trailing comma at line 1 column 13"),
        ("nonsense", "expected ident at line 1 column 2"),
    ] {
        let reply = server.send("POST", "/predictions", &[JSON], body);
        let message = format!("Failed to parse the request body as JSON: {reason}");
        let detail = json!([{ "loc": ["body"], "msg": message, "type": "value_error.jsondecode" }]);
        assert_eq!((reply.status, reply.json()), (400, json!({ "detail": detail })), "{body}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
}

/// Contract 1.16; D2.
#[test]
fn json_of_another_shape() {
    let server = Server::of("value");
    for (body, place, reason) in [
        (
            r#"{"id":5}"#,
            &["body", "id"][..],
            "id: invalid type: integer `5`, expected a string at line 1 column 7",
        ),
        (
            r#"{"webhook":{}}"#,
            &["body", "webhook"],
            "webhook: invalid type: map, expected a string at line 1 column 11",
        ),
        (
            r#"{"webhook_events_filter":["start","nope"]}"#,
            &["body", "webhook_events_filter[1]"],
            "webhook_events_filter[1]: unknown variant `nope`, expected one of `start`, `output`, `logs`, `completed` at line 1 column 40",
        ),
        (
            r#"{"webhook_events_filter":null}"#,
            &["body", "webhook_events_filter"],
            "webhook_events_filter: invalid type: null, expected a sequence at line 1 column 29",
        ),
        (
            r#"{"context":{"a":1}}"#,
            &["body", "context.a"],
            "context.a: invalid type: integer `1`, expected a string at line 1 column 17",
        ),
        (r#"{"input":{},"input":{}}"#, &["body"], "duplicate field `input` at line 1 column 19"),
        (r#"{"id":"a","id":"a"}"#, &["body"], "duplicate field `id` at line 1 column 14"),
        ("[1]", &["body", "[0]"], "[0]: invalid type: integer `1`, expected a string at line 1 column 2"),
        ("null", &["body"], "invalid type: null, expected struct PredictionRequest at line 1 column 4"),
        ("7", &["body"], "invalid type: integer `7`, expected struct PredictionRequest at line 1 column 1"),
    ] {
        let reply = server.send("POST", "/predictions", &[JSON], body);
        let message = format!("Failed to deserialize the JSON body into the target type: {reason}");
        let detail = json!([{ "loc": place, "msg": message, "type": "value_error" }]);
        assert_eq!((reply.status, reply.json()), (422, json!({ "detail": detail })), "{body}");
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
}

/// Contract 1.17; D2.
#[test]
fn an_input_that_is_not_accepted() {
    let reply = Server::of("typed").predict(&json!({}));
    let detail =
        json!([{ "loc": ["body", "input", "name"], "msg": "Field required", "type": "value_error.missing" }]);
    assert_eq!((reply.status, reply.json()), (422, json!({ "detail": detail })));
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

/// Contract 1.19; D1. The same for what is not a new prediction.
#[test]
fn a_body_without_a_type_is_read_by_put_too() {
    let server = Server::of("value");
    let stage = Stage::new();
    let body = json!({ "input": { "steps": [stage.meet()] } }).to_string();
    assert_eq!(server.send("PUT", "/predictions/p1", &[ASYNC], &body).status, 202);
    stage.visit().leave();
    assert_eq!(server.ended("p1")["status"], "succeeded");
}
