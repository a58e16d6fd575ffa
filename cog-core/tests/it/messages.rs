//! What a schema says of wrong values: the words of Cog's own server, which clients may show or take apart.

use cog_core::schema::{Problem, Violation};
use cog_core::{Choices, Input, InputValue, Path, Schema, Secret};
use serde_json::{Map, Value, json};

#[derive(Input)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Everything {
    #[input(default = 1, ge = 1, le = 10)]
    whole: i64,
    #[input(default = 0.5, ge = -0.5, le = 1.5)]
    float: f64,
    #[input(default = "abc", min_length = 2, max_length = 5)]
    text: String,
    #[input(default = "abc", regex = "^[a-z]+$")]
    lower: String,
    #[input(default = "red", choices = ["red", "green", "blue"])]
    color: String,
    #[input(default = Edge::Small)]
    edge: Edge,
    #[input(default = true)]
    flag: bool,
    tags: Option<Vec<String>>,
    by_name: Option<Map<String, Value>>,
    file: Option<Path>,
    #[input(min_length = 50)]
    key: Option<Secret>,
    #[input(default = 0)]
    small: u8,
    #[input(default = 0)]
    single: f32,
    layers: Option<Vec<Layer>>,
    #[input(ge = 1, le = 2)]
    steps: Option<Vec<u8>>,
    #[input(min_length = 2, regex = "^[a-z]")]
    words: Option<Vec<String>>,
    #[input(choices = ["red", "green"])]
    colors: Option<Vec<String>>,
}

#[derive(Choices)]
enum Edge {
    #[choice(256)]
    Small,
    #[choice(512)]
    Large,
}

#[derive(Input)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Layer {
    mask: Path,
    #[input(ge = 0)]
    weight: f64,
}

fn faults(schema: &Schema, value: &Value) -> Vec<Violation> {
    match schema.check(value) {
        Ok(()) => Vec::new(),
        Err(violations) => violations.iter().cloned().collect(),
    }
}

/// Checks that the only faults of `input` are `expect`, as `place: message`.
fn check(input: &Value, expect: &[&str]) {
    let faults = faults(&Everything::schema(), input);
    let told: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.path, fault.message)).collect();
    assert_eq!(told, expect, "{input}");
}

#[test]
fn faults_are_told_in_the_words_of_cog() {
    let cases: &[(Value, &[&str])] = &[
        (json!({ "whole": "5" }), &[r#"whole: "5" is not of type "integer""#]),
        (json!({ "whole": 5.5 }), &[r#"whole: 5.5 is not of type "integer""#]),
        (json!({ "text": 12 }), &[r#"text: 12 is not of type "string""#]),
        (json!({ "float": "x" }), &[r#"float: "x" is not of type "number""#]),
        (json!({ "flag": 1 }), &[r#"flag: 1 is not of type "boolean""#]),
        (json!({ "tags": "a" }), &[r#"tags: "a" is not of type "array""#]),
        (json!({ "by_name": [1] }), &[r#"by_name: [1] is not of type "object""#]),
        (json!({ "whole": 0 }), &["whole: 0 is less than the minimum of 1"]),
        (json!({ "whole": 11 }), &["whole: 11 is greater than the maximum of 10"]),
        (json!({ "float": -0.75 }), &["float: -0.75 is less than the minimum of -0.5"]),
        (json!({ "text": "h" }), &[r#"text: "h" is shorter than 2 characters"#]),
        (json!({ "text": "hhhhhhh" }), &[r#"text: "hhhhhhh" is longer than 5 characters"#]),
        (json!({ "lower": "A1" }), &[r#"lower: "A1" does not match "^[a-z]+$""#]),
        (json!({ "color": "purple" }), &[r#"color: "purple" is not one of ["red","green","blue"]"#]),
        (json!({ "tags": ["a", 2] }), &[r#"tags/1: 2 is not of type "string""#]),
        (json!([1, 2]), &[r#"__root__: [1,2] is not of type "object""#]),
        (json!(null), &[r#"__root__: null is not of type "object""#]),
        (json!({ "whole": null }), &[r#"whole: null is not of type "integer""#]),
        (
            json!({ "edge": "256" }),
            &[r#"edge: "256" is not one of [256,512]"#, r#"edge: "256" is not of type "integer""#],
        ),
        (json!({ "edge": 1 }), &["edge: 1 is not one of [256,512]"]),
    ];
    for (input, expect) in cases {
        check(input, expect);
    }
}

/// Cog has no such types, so the words are ours.
#[test]
fn faults_that_cog_does_not_know_are_told_likewise() {
    let cases: &[(Value, &[&str])] = &[
        (json!({ "small": 256 }), &["small: 256 is greater than the maximum of 255"]),
        (json!({ "small": -1 }), &["small: -1 is less than the minimum of 0"]),
        (json!({ "single": 1e39 }), &["single: 1e+39 is greater than the maximum of 3.4028235e38"]),
        (
            json!({ "file": "/etc/passwd" }),
            &[r#"file: "/etc/passwd" is not an `http:`, `https:` or `data:` URL"#],
        ),
        (
            json!({ "steps": [1, 0, 3, 256] }),
            &[
                "steps/1: 0 is less than the minimum of 1",
                "steps/2: 3 is greater than the maximum of 2",
                "steps/3: 256 is greater than the maximum of 2",
            ],
        ),
        (
            json!({ "words": ["ab", "A"], "colors": ["red", "blue"] }),
            &[
                r#"colors/1: "blue" is not one of ["red","green"]"#,
                r#"words/1: "A" is shorter than 2 characters"#,
                r#"words/1: "A" does not match "^[a-z]""#,
            ],
        ),
        (
            json!({ "layers": [{ "mask": "data:,x", "weight": 0 }, { "mask": 1, "weight": -1 }] }),
            &[
                r#"layers/1/mask: 1 is not of type "string""#,
                "layers/1/weight: -1 is less than the minimum of 0",
            ],
        ),
    ];
    for (input, expect) in cases {
        check(input, expect);
    }
}

#[test]
fn what_is_right_has_no_faults() {
    let inputs = [
        json!({}),
        json!({ "unknown": 1 }),
        // A float that is whole is an integer, a whole number is a number; nothing else is converted.
        json!({ "whole": 5.0, "float": 1, "edge": 256.0, "single": 1 }),
        // Lengths count Unicode code points, not bytes.
        json!({ "text": "ééééé" }),
        // Cog refuses these: `null` for what may be omitted.
        json!({ "tags": null, "by_name": null, "file": null, "key": null, "layers": null }),
        json!({ "file": "DATA:,x" }),
    ];
    for input in inputs {
        check(&input, &[]);
    }
}

#[test]
fn all_faults_are_told_at_once_in_order() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Order {
        zebra: u32,
        missing: String,
        apple: bool,
        also_missing: f64,
        mango: Vec<String>,
    }
    let faults = faults(&Order::schema(), &json!({ "mango": [1, "a", null], "zebra": "x", "apple": 0 }));
    let places: Vec<_> = faults.iter().map(|fault| (fault.path.as_str(), fault.problem)).collect();
    let expect = [
        ("apple", Problem::Invalid),
        ("mango/0", Problem::Invalid),
        ("mango/2", Problem::Invalid),
        ("zebra", Problem::Invalid),
        ("also_missing", Problem::Missing),
        ("missing", Problem::Missing),
    ];
    assert_eq!(places, expect);
    assert!(
        faults
            .iter()
            .filter(|fault| fault.problem == Problem::Missing)
            .all(|fault| fault.message == "Field required")
    );
}

#[test]
fn one_value_can_break_several_rules() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Name {
        #[input(min_length = 3, regex = "^[a-z]+$")]
        name: String,
    }
    let faults = faults(&Name::schema(), &json!({ "name": "A" }));
    let told: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(told, [r#""A" is shorter than 3 characters"#, r#""A" does not match "^[a-z]+$""#]);
}

#[test]
fn secrets_are_masked() {
    check(&json!({ "key": "hunter2" }), &[r#"key: "**********" is shorter than 50 characters"#]);
    check(&json!({ "key": 4711 }), &[r#"key: "**********" is not of type "string""#]);
    check(&json!({ "key": ["hunter2"] }), &[r#"key: "**********" is not of type "string""#]);
}

#[test]
fn long_values_are_shortened() {
    let megabyte = "x".repeat(1 << 20);
    let shown = "x".repeat(120);
    check(
        &json!({ "text": megabyte }),
        &[&format!(r#"text: "{shown}"... (1048576 bytes) is longer than 5 characters"#)],
    );
    check(
        &json!({ "file": format!("/{megabyte}") }),
        &[&format!(
            r#"file: "/{}"... (1048577 bytes) is not an `http:`, `https:` or `data:` URL"#,
            "x".repeat(119)
        )],
    );
    // A text within a list is cut as a part of it, and no text is cut within a character.
    let long = vec!["é".repeat(1000); 1000];
    let faults = faults(&Everything::schema(), &json!({ "whole": long, "lower": "é".repeat(1000) }));
    assert!(faults.iter().all(|fault| fault.message.len() < 250), "{faults:?}");
}
