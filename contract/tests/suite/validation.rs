//! Section 3: what an input may be.

use serde_json::{Value, json};

use crate::support::{ASYNC, JSON, Server};

/// Sends the input `name` and these to the model that has an input of every type.
fn predict(server: &Server, input: &Value) -> crate::support::Reply {
    let mut all = json!({ "name": "n" });
    all.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
    server.predict(&all)
}

/// Checks that the input is refused, with these places and messages.
#[track_caller]
fn refused(server: &Server, input: &Value, faults: &[(&str, &str)]) {
    let reply = predict(server, input);
    let detail: Vec<Value> = faults
        .iter()
        .map(|(place, message)| {
            json!({ "loc": ["body", "input", place], "msg": message, "type": "value_error" })
        })
        .collect();
    assert_eq!((reply.status, reply.json()), (422, json!({ "detail": detail })), "{input}");
}

/// Checks that the input is accepted, and that the model sees this.
#[track_caller]
fn accepted(server: &Server, input: &Value, seen: &Value) {
    let reply = predict(server, input);
    assert_eq!(reply.status, 200, "{}", reply.text());
    for (name, value) in seen.as_object().unwrap() {
        assert_eq!(&reply.json()["output"][name], value, "{name} of {input}");
    }
}

/// Contract 3.1.
#[test]
fn what_the_model_does_not_have_is_left_out() {
    let server = Server::of("typed");
    accepted(&server, &json!({ "colour": "red", "color": "blue", "nmae": 7 }), &json!({ "colour": "red" }));
    for name in ["color", "nmae"] {
        assert!(server.logged(&format!(r#""input":"{name}""#)).contains(r#""level":"WARN""#));
    }
}

/// Contract 3.2.
#[test]
fn defaults_are_filled_in_where_the_model_is_called() {
    let server = Server::of("typed");
    let input = json!({ "name": "n", "flag": false });
    let body = json!({ "id": "d1", "input": input }).to_string();
    assert_eq!(server.send("POST", "/predictions", &[JSON, ASYNC], &body).status, 202);
    let prediction = server.ended("d1");
    assert_eq!(prediction["input"], input);
    assert_eq!(
        prediction["output"],
        json!({
            "name": "n", "text": "hello", "lower": null, "code": null, "count": 1, "ratio": null, "flag": false, "colour": null,
            "size": null, "tags": null, "colours": null, "numbers": null, "anything": null, "image": null,
            "images": null, "key": null, "point": null,
        })
    );
}

/// Contract 3.3, 3.5, 3.6, 3.8; D5.
#[test]
fn all_faults_are_told_at_once() {
    let server = Server::of("typed");
    let input = json!({ "text": "h", "tags": ["a", 2, 3], "count": 0, "point": { "y": "up" }, "flag": 1 });
    let reply = server.predict(&input);
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.text(),
        concat!(
            r#"{"detail":["#,
            r#"{"loc":["body","input","count"],"msg":"0 is less than the minimum of 1","type":"value_error"},"#,
            r#"{"loc":["body","input","flag"],"msg":"1 is not of type \"boolean\"","type":"value_error"},"#,
            r#"{"loc":["body","input","point/y"],"msg":"\"up\" is not of type \"integer\"","type":"value_error"},"#,
            r#"{"loc":["body","input","tags/1"],"msg":"2 is not of type \"string\"","type":"value_error"},"#,
            r#"{"loc":["body","input","tags/2"],"msg":"3 is not of type \"string\"","type":"value_error"},"#,
            r#"{"loc":["body","input","text"],"msg":"\"h\" is shorter than 2 characters","type":"value_error"},"#,
            r#"{"loc":["body","input","name"],"msg":"Field required","type":"value_error.missing"},"#,
            r#"{"loc":["body","input","point/x"],"msg":"Field required","type":"value_error.missing"}"#,
            "]}"
        )
    );
}

/// Contract 3.4, 3.14; D5.
#[test]
fn places_inside_are_joined_by_slashes() {
    let server = Server::of("typed");
    refused(&server, &json!({ "tags": ["a", 2] }), &[("tags/1", "2 is not of type \"string\"")]);
    refused(
        &server,
        &json!({ "tags": [[], {}] }),
        &[("tags/0", "[] is not of type \"string\""), ("tags/1", "{} is not of type \"string\"")],
    );
    refused(&server, &json!({ "point": { "x": 0.5 } }), &[("point/x", "0.5 is not of type \"integer\"")]);
    refused(
        &server,
        &json!({ "numbers": { "a": 1, "b": "c" } }),
        &[("numbers/b", "\"c\" is not of type \"integer\"")],
    );
}

/// Contract 3.7, 3.13.
#[test]
fn choices() {
    let server = Server::of("typed");
    refused(
        &server,
        &json!({ "colour": "purple" }),
        &[("colour", "\"purple\" is not one of [\"red\",\"green\",\"blue\"]")],
    );
    refused(&server, &json!({ "size": 4 }), &[("size", "4 is not one of [1,2,3]")]);
    refused(
        &server,
        &json!({ "size": "1" }),
        &[("size", "\"1\" is not one of [1,2,3]"), ("size", "\"1\" is not of type \"integer\"")],
    );
    refused(
        &server,
        &json!({ "colour": 1 }),
        &[
            ("colour", "1 is not one of [\"red\",\"green\",\"blue\"]"),
            ("colour", "1 is not of type \"string\""),
        ],
    );
    accepted(&server, &json!({ "colour": "blue", "size": 3 }), &json!({ "colour": "blue", "size": 3 }));
}

/// Contract 3.9.
#[test]
fn other_types() {
    let server = Server::of("typed");
    for (name, value, message) in [
        ("count", json!("5"), r#""5" is not of type "integer""#),
        ("count", json!(1.5), r#"1.5 is not of type "integer""#),
        ("count", json!(true), r#"true is not of type "integer""#),
        ("text", json!(12), r#"12 is not of type "string""#),
        ("text", json!({ "a": [1, "é"] }), r#"{"a":[1,"é"]} is not of type "string""#),
        ("ratio", json!("x"), r#""x" is not of type "number""#),
        ("flag", json!(1), r#"1 is not of type "boolean""#),
        ("flag", json!("true"), r#""true" is not of type "boolean""#),
        ("tags", json!("a"), r#""a" is not of type "array""#),
        ("tags", json!({}), r#"{} is not of type "array""#),
        ("numbers", json!([1]), r#"[1] is not of type "object""#),
        ("point", json!("here"), r#""here" is not of type "object""#),
        ("image", json!(1), r#"1 is not of type "string""#),
        ("images", json!("data:,a"), r#""data:,a" is not of type "array""#),
    ] {
        refused(&server, &json!({ name: value }), &[(name, message)]);
    }
}

/// Contract 3.10.
#[test]
fn bounds() {
    let server = Server::of("typed");
    for (name, value, message) in [
        ("count", json!(0), "0 is less than the minimum of 1"),
        ("count", json!(11), "11 is greater than the maximum of 10"),
        ("count", json!(-3.0), "-3.0 is less than the minimum of 1"),
        ("ratio", json!(0.25), "0.25 is less than the minimum of 0.5"),
        ("ratio", json!(2.5), "2.5 is greater than the maximum of 2"),
        ("ratio", json!(3), "3 is greater than the maximum of 2"),
    ] {
        refused(&server, &json!({ name: value }), &[(name, message)]);
    }
    accepted(&server, &json!({ "count": 1, "ratio": 0.5 }), &json!({ "count": 1, "ratio": 0.5 }));
    accepted(&server, &json!({ "count": 10, "ratio": 2 }), &json!({ "count": 10, "ratio": 2.0 }));
}

/// Contract 3.11. The emoji is one code point of four bytes, the family five that make one picture.
#[test]
fn lengths_are_counted_in_code_points() {
    let server = Server::of("typed");
    refused(&server, &json!({ "text": "h" }), &[("text", "\"h\" is shorter than 2 characters")]);
    refused(&server, &json!({ "text": "é" }), &[("text", "\"é\" is shorter than 2 characters")]);
    refused(&server, &json!({ "text": "hhhhhhh" }), &[("text", "\"hhhhhhh\" is longer than 5 characters")]);
    refused(&server, &json!({ "text": "👩‍👩‍👧x" }), &[("text", "\"👩‍👩‍👧x\" is longer than 5 characters")]);
    for text in ["hh", "hhhhh", "ééééé", "😀😀😀😀😀", "👩‍👩‍👧"] {
        accepted(&server, &json!({ "text": text }), &json!({ "text": text }));
    }
}

/// Contract 3.12. That a pattern without anchors is found anywhere is the same rule seen from the other side.
#[test]
fn patterns() {
    let server = Server::of("typed");
    for text in ["A1", "", "a b", "aB"] {
        let message = format!("{text:?} does not match \"^[a-z]+$\"");
        refused(&server, &json!({ "lower": text }), &[("lower", &message)]);
    }
    accepted(&server, &json!({ "lower": "abc" }), &json!({ "lower": "abc" }));
    refused(&server, &json!({ "code": "abc" }), &[("code", "\"abc\" does not match \"[0-9]{2}\"")]);
    accepted(&server, &json!({ "code": "a12b" }), &json!({ "code": "a12b" }));
}

/// Contract 3.16.
#[test]
fn numbers_are_numbers() {
    let server = Server::of("typed");
    accepted(&server, &json!({ "count": 5.0, "ratio": 1 }), &json!({ "count": 5, "ratio": 1.0 }));
    refused(
        &server,
        &json!({ "count": "5", "ratio": "1", "flag": "false" }),
        &[
            ("count", "\"5\" is not of type \"integer\""),
            ("flag", "\"false\" is not of type \"boolean\""),
            ("ratio", "\"1\" is not of type \"number\""),
        ],
    );
}

/// Contract 3.17; D4.
#[test]
fn null_is_the_same_as_nothing_for_what_is_optional() {
    let server = Server::of("typed");
    for name in
        ["lower", "ratio", "flag", "colour", "size", "tags", "numbers", "image", "images", "key", "point"]
    {
        accepted(&server, &json!({ name: null }), &json!({ name: null }));
    }
    accepted(&server, &json!({ "point": { "x": 1, "y": null } }), &json!({ "point": { "x": 1, "y": null } }));
    refused(&server, &json!({ "name": null }), &[("name", "null is not of type \"string\"")]);
    refused(&server, &json!({ "count": null }), &[("count", "null is not of type \"integer\"")]);
}

/// Contract 3.18; D33.
#[test]
fn what_the_types_of_the_model_say() {
    let server = Server::of("typed");
    refused(
        &server,
        &json!({ "numbers": { "a": "b" } }),
        &[("numbers/a", "\"b\" is not of type \"integer\"")],
    );
    accepted(&server, &json!({ "numbers": { "a": 1 } }), &json!({ "numbers": { "a": 1 } }));
    for value in [json!("text"), json!(1), json!([1, "a"]), json!({ "a": {} }), json!(true)] {
        accepted(&server, &json!({ "anything": value }), &json!({ "anything": value }));
    }
    accepted(&server, &json!({ "colours": ["red", "blue"] }), &json!({ "colours": ["red", "blue"] }));
    refused(
        &server,
        &json!({ "colours": ["red", "pink"] }),
        &[("colours/1", "\"pink\" is not one of [\"red\",\"green\",\"blue\"]")],
    );
}

/// Contract 3.19; D16.
#[test]
fn files_are_urls() {
    let server = Server::of("typed");
    for text in ["/etc/hostname", "file:///etc/hostname", "ftp://host/a", "a.png", "", "http:", "http://"] {
        let message = format!("{text:?} is not an `http:`, `https:` or `data:` URL");
        refused(&server, &json!({ "image": text }), &[("image", &message)]);
        refused(&server, &json!({ "images": ["data:,a", text] }), &[("images/1", &message)]);
    }
    accepted(
        &server,
        &json!({ "image": "data:text/plain,a", "images": ["data:,b", "DATA:,c"] }),
        &json!({
            "image": "a", "images": ["b", "c"],
        }),
    );
}

/// Contract 3.20; D6.
#[test]
fn secrets_and_long_values_are_not_repeated() {
    let server = Server::of("typed");
    refused(
        &server,
        &json!({ "key": "hunter2" }),
        &[("key", "\"**********\" is shorter than 50 characters")],
    );
    refused(&server, &json!({ "key": 1234 }), &[("key", "\"**********\" is not of type \"string\"")]);
    let long = "x".repeat(2_000_000);
    for input in [
        json!({ "text": long }),
        json!({ "image": long }),
        json!({ "tags": long }),
        json!({ "count": [long] }),
    ] {
        let reply = predict(&server, &input);
        assert!(reply.status == 422 && reply.body.len() < 500, "{} bytes", reply.body.len());
        assert!(reply.text().contains("xxxxx"), "the beginning is shown: {}", reply.text());
    }
    let secret = "s".repeat(60);
    let url = format!("data:text/plain,{long}");
    let body = json!({ "id": "m1", "input": { "name": "n", "key": secret, "image": url } }).to_string();
    assert_eq!(server.send("POST", "/predictions", &[JSON, ASYNC], &body).status, 202);
    let prediction = server.ended("m1");
    assert_eq!((&prediction["status"], &prediction["output"]["key"]), (&json!("succeeded"), &json!(60)));
    assert_eq!(prediction["input"]["key"], "**********");
    assert!(prediction["input"]["image"].as_str().unwrap().len() < 5000);
    for secret in ["hunter2", "1234", &secret] {
        assert!(!server.log().contains(secret), "not logged either");
    }
}
