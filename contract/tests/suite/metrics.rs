//! Section 12: metrics.

use serde_json::{Value, json};

use crate::support::Server;

fn record(name: &str, value: &Value) -> Value {
    json!({ "metric": { "name": name, "value": value } })
}

fn record_as(mode: &str, name: &str, value: &Value) -> Value {
    json!({ "metric": { "name": name, "value": value, "mode": mode } })
}

/// The metrics that are left after these steps, without the time.
#[track_caller]
fn left(server: &Server, steps: &[Value]) -> Value {
    let prediction = server.predict(&json!({ "steps": steps })).json();
    assert_eq!(prediction["status"], "succeeded", "{prediction}");
    without_time(prediction)
}

#[track_caller]
fn without_time(mut prediction: Value) -> Value {
    let metrics = prediction["metrics"].as_object_mut().unwrap();
    metrics.remove("predict_time").expect("a prediction that is over");
    prediction["metrics"].take()
}

/// Plays these steps and checks that they fail with this message, and leave no more than these metrics.
#[track_caller]
fn refused(server: &Server, steps: &[Value], message: &str, left: &Value) {
    let prediction = server.predict(&json!({ "steps": steps })).json();
    assert_eq!((&prediction["status"], &prediction["error"]), (&json!("failed"), &json!(message)));
    assert_eq!(&without_time(prediction), left, "{message}");
}

/// Contract 12.1, 12.5, 12.6.
#[test]
fn a_mode_says_how_a_value_meets_the_one_before() {
    let server = Server::of("value");
    for (steps, expected) in [
        ([record("m", &json!(1)), record("m", &json!(2))], json!(2)),
        ([record_as("replace", "m", &json!(1)), record_as("replace", "m", &json!(2))], json!(2)),
        ([record_as("incr", "m", &json!(1)), record_as("increment", "m", &json!(2))], json!(3)),
        ([record("m", &json!(1)), record_as("incr", "m", &json!(-3))], json!(-2)),
        ([record_as("incr", "m", &json!(0.5)), record_as("incr", "m", &json!(0.25))], json!(0.75)),
        ([record_as("append", "m", &json!("a")), record_as("append", "m", &json!("b"))], json!(["a", "b"])),
        ([record("m", &json!(1)), record_as("append", "m", &json!(2))], json!([1, 2])),
    ] {
        assert_eq!(left(&server, &steps), json!({ "m": expected }), "{steps:?}");
    }
    assert_eq!(left(&server, &[record_as("append", "m", &json!(1))]), json!({ "m": [1] }));
    for mode in ["zzz", "Replace", ""] {
        let message = format!("Invalid metric mode: '{mode}'. Expected 'replace', 'incr', or 'append'.");
        refused(&server, &[record_as(mode, "m", &json!(1))], &message, &json!({}));
    }
}

/// Contract 12.2, 12.4.
#[test]
fn values_of_every_type_are_published_where_the_dots_say() {
    let server = Server::of("value");
    for value in [json!(true), json!(1), json!(1.5), json!("é"), json!([1, "a"]), json!({ "a": [null] })] {
        assert_eq!(left(&server, &[record("m", &value)]), json!({ "m": value }));
    }
    let nested = [record("timing.b.c", &json!(1)), record("timing.b.d", &json!(2)), record("a", &json!(3))];
    assert_eq!(left(&server, &nested), json!({ "a": 3, "timing": { "b": { "c": 1, "d": 2 } } }));
    let in_the_way = [record("timing", &json!(1)), record("timing.b", &json!(2))];
    assert_eq!(left(&server, &in_the_way), json!({ "timing": { "b": 2 } }));
    let beside = [record("timing", &json!({ "a": 1 })), record("timing.b", &json!(2))];
    assert_eq!(left(&server, &beside), json!({ "timing": { "a": 1, "b": 2 } }));
}

/// Contract 12.7.
#[test]
fn outside_a_prediction_nothing_is_recorded() {
    let steps = json!([record("m", &json!(1))]);
    let server = Server::launch("value").setup(&steps).health(&steps).ready();
    assert_eq!(server.get("/health-check").json().get("user_healthcheck_error"), None);
    assert_eq!(left(&server, &[]), json!({}));
}

/// Contract 12.8, 12.9, 12.10, 12.11, 12.12.
#[test]
fn a_name_is_words_and_dots() {
    let server = Server::of("value");
    let longest = "a".repeat(128);
    for name in
        ["a", "A1_b2", "a.b.c.d", "predict_times", "predict_tim", "cog", "cogs.a", "a.cog.b", &longest]
    {
        assert_ne!(left(&server, &[record(name, &json!(1))]), json!({}), "{name}");
    }
    let longer = "a".repeat(129);
    for (name, message) in [
        ("", "metric name must not be empty"),
        (&*longer, "metric name must be 128 characters or fewer (got 129 characters)"),
        ("a.b.c.d.e", "metric name must have at most 4 dot-separated segments (got 5)"),
        (".a", "metric name must not start with a dot"),
        ("a.", "metric name must not end with a dot"),
        ("a..b", "metric name must not contain empty segments (consecutive dots)"),
        ("_a", "metric name segment '_a' must start with a letter"),
        ("1a", "metric name segment '1a' must start with a letter"),
        ("a.é", "metric name segment 'é' must start with a letter"),
        ("a__b", "metric name segment 'a__b' must not contain consecutive underscores"),
        ("a_", "metric name segment 'a_' must end with a letter or digit"),
        ("a-b", "metric name segment 'a-b' contains invalid character '-'"),
        ("a.b c.d", "metric name segment 'b c' contains invalid character ' '"),
        ("predict_time", "'predict_time' is reserved by the runtime"),
        ("cog.a", "the 'cog.' prefix is reserved for system metrics"),
    ] {
        refused(&server, &[record(name, &json!(1))], message, &json!({}));
        if name != longer {
            refused(&server, &[json!({ "delete_metric": name })], message, &json!({}));
        }
    }
}

/// Contract 12.2, 12.13, 12.17.
#[test]
fn a_metric_keeps_its_type() {
    let server = Server::of("value");
    let values = [
        ("bool", json!(true)),
        ("int", json!(1)),
        ("float", json!(1.0)),
        ("str", json!("a")),
        ("list", json!([])),
        ("dict", json!({})),
    ];
    for (stored, first) in &values {
        for (given, second) in &values {
            let steps = [record("tokens", first), record("tokens", second)];
            if stored == given {
                assert_eq!(left(&server, &steps), json!({ "tokens": second }));
            } else {
                let message = format!(
                    "Metric 'tokens' has type {stored}, cannot set to {given} without deleting first"
                );
                refused(&server, &steps, &message, &json!({ "tokens": first }));
            }
        }
    }
    let steps = [record("m", &json!(1)), record_as("incr", "m", &json!(0.5))];
    let message = "Metric 'm' has type int, cannot set to float without deleting first";
    refused(&server, &steps, message, &json!({ "m": 1 }));
}

/// Contract 12.14, 12.15.
#[test]
fn a_type_lasts_until_the_metric_is_deleted() {
    let server = Server::of("value");
    let append = |value| record_as("append", "tags", &value);
    let message = "Metric 'tags' has type str, cannot set to int without deleting first";
    refused(&server, &[append(json!("a")), append(json!(1))], message, &json!({ "tags": ["a"] }));

    let delete = |name: &str| json!({ "delete_metric": name });
    let again =
        [record("a.b", &json!("x")), record("a.c", &json!(1)), delete("a.b"), record("a.b", &json!(2))];
    assert_eq!(left(&server, &again), json!({ "a": { "b": 2, "c": 1 } }));
    assert_eq!(left(&server, &[record("a", &json!(1)), delete("a"), delete("never")]), json!({}));
}

/// Contract 12.16, 12.18, 12.19; D34.
#[test]
fn sums_are_of_numbers_that_json_can_carry() {
    let server = Server::of("value");
    for (name, value) in
        [("bool", json!(true)), ("str", json!("a")), ("list", json!([1])), ("dict", json!({}))]
    {
        let message = format!("Increment mode requires int or float, got {name}");
        refused(&server, &[record_as("incr", "m", &value)], &message, &json!({}));
    }
    let message = "Metric 'tokens' is not a finite number, which JSON cannot carry";
    refused(&server, &[json!({ "metric_nan": "tokens" })], message, &json!({}));
    refused(&server, &[record("tokens", &json!(null))], message, &json!({}));
    for most in [json!(u64::MAX), json!(f64::MAX)] {
        let steps = [record("tokens", &most), record_as("incr", "tokens", &most)];
        refused(&server, &steps, "Metric 'tokens' overflows when incremented", &json!({ "tokens": most }));
    }
}
