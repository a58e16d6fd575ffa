//! A type of `serde` and `schemars` takes what decodes and others accept who read its schema, and nothing of a type that is not published.
//!
//! `serde` reads more than `schemars` announces, as a struct from the list of its fields; such values are tried beside what is next to
//! valid values.

use std::collections::BTreeMap;
use std::ffi::CString;

use cog_core::schema::Components;
use cog_core::{FieldPath, InputValue, Json};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::oracle::Oracle;
use crate::schema_decode::{Wrapped, agree_with_document, everywhere};

/// Checks that the schema takes what decodes and others accept, and that these accept nothing else.
fn agree<T: InputValue>(value: &Value, oracle: &Oracle) -> TestCaseResult {
    agree_about_what_is_published::<T>(value, oracle)?;
    agree_with_document::<T>(value, oracle)
}

/// Checks that the schema takes what decodes and others accept, and nothing that does not decode.
///
/// Others may accept more, as OpenAPI 3.0 cannot say all of it, and less, where names are `serde`'s to judge.
fn agree_about_what_is_published<T: InputValue>(value: &Value, oracle: &Oracle) -> TestCaseResult {
    let checked = T::schema().check(value);
    let decoded = T::decode(&mut value.clone(), &FieldPath::Root).map(drop);
    if oracle.accepts(value) == Some(true) {
        prop_assert_eq!(checked.is_ok(), decoded.is_ok(), "{:?}, {:?}", checked, decoded);
    }
    prop_assert!(checked.is_err() || decoded.is_ok(), "accepted and not decoded: {:?}", decoded);
    Ok(())
}

/// One property a type: `name: type, valid values, values that serde alone takes;`
macro_rules! types {
    ($agree:ident: $($name:ident: $ty:ty, $valid:tt, $positional:tt;)*) => { $(
        #[test]
        fn $name() {
            let schema = Wrapped::<Json<$ty>>::schema();
            let oracle = Oracle::new(&schema);
            let wrapped = |values: Value| -> Vec<Value> {
                values.as_array().unwrap().iter().map(|value| json!({ "value": value })).collect()
            };
            let valid = wrapped(json!($valid));
            for value in &valid {
                assert_eq!(schema.check(value).map_err(|faults| faults.to_string()), Ok(()), "{value}");
            }
            let positional = wrapped(json!($positional));
            for value in &positional {
                assert!(Wrapped::<Json<$ty>>::decode(&mut value.clone(), &FieldPath::Root).is_ok(), "{value}");
                assert!(schema.check(value).is_err(), "{value}");
                assert_eq!(oracle.accepts(value), Some(false), "{value}");
            }
            everywhere([valid, positional].concat(), |value| $agree::<Wrapped<Json<$ty>>>(value, &oracle));
        }
    )* };
}

types! { agree:
    structs: Point, [{ "x": 0.5, "y": 1.5 }], [[0.5, 1.5]];
    structs_with_defaults: Label, [{ "text": "a" }, { "text": "a", "at": null }, { "text": "b", "at": { "x": 0.5, "y": 0.5 } }],
        [["a", null], { "text": "a", "at": [0.5, 1.5] }];
    tagged: Shape, [{ "kind": "Circle", "radius": 0.5 }, { "kind": "Square", "side": 1.5, "name": null }, { "kind": "Dot", "at": { "x": 0.5, "y": 0.5 } }],
        [["Circle", 0.5], { "kind": "Dot", "at": [0.5, 1.5] }];
    adjacently_tagged: Answer, [{ "t": "Text", "c": "a" }, { "t": "Point", "c": { "x": 0.5, "y": 1.5 } }],
        [["Text", "a"], { "t": "Point", "c": [0.5, 1.5] }];
    untagged: Either, ["a", { "x": 0.5, "y": 1.5 }, null], [[0.5, 1.5]];
    lists: Vec<Point>, [[], [{ "x": 0.5, "y": 1.5 }]], [[[0.5, 1.5]]];
    maps: BTreeMap<String, Option<Point>>, [{}, { "a": { "x": 0.5, "y": 1.5 }, "b": null }], [{ "a": [0.5, 1.5] }];
    choices: Option<Color>, [null, "Red", "Green"], [{ "Red": null }];
    anything: Value, [null, 1, { "a": [1] }], [];
    flattened: Note, [{ "text": "a", "kind": "Circle", "radius": 0.5 }], [];
}

types! { agree_about_what_is_published:
    externally_tagged: Order, ["First", { "At": 0.5 }, { "Near": { "x": 0.5, "y": 1.5 } }],
        [{ "Near": [0.5, 1.5] }];
    tuples: (f64, String), [[0.5, "a"]], [];
    tuples_of_structs: (Point, Option<Point>), [[{ "x": 0.5, "y": 0.5 }, null]], [[[0.5, 1.5], null]];
    maps_of_numbers: BTreeMap<u32, Point>, [{}, { "5": { "x": 0.5, "y": 0.5 } }], [{ "5": [0.5, 1.5] }];
    trees: Tree, [{ "name": "a", "parts": [] }, { "name": "a", "parts": [{ "name": "b", "parts": [] }] }], [["a", []]];
    characters: char, ["a", "é"], [];
}

#[test]
fn nothing_is_published_that_openapi_has_no_words_for() {
    fn published<T: InputValue>() -> String {
        let mut components = Components::default();
        components.add_input("Input", &Wrapped::<T>::schema());
        components.into_value().to_string()
    }
    let documents = [
        published::<Json<Tree>>(),
        published::<Json<Vec<Tree>>>(),
        published::<Json<CString>>(),
        published::<Json<(f64, String)>>(),
        published::<Json<BTreeMap<u32, Point>>>(),
    ];
    for document in documents {
        for word in [
            "$ref",
            "$defs",
            "Tree\":{",
            "\"items\":[",
            "\"type\":[",
            "patternProperties",
            "prefixItems",
            "additionalItems",
        ] {
            assert!(!document.contains(word), "{word}: {document}");
        }
    }
}

#[test]
fn what_authors_ask_of_serde_is_theirs() {
    let schema = Wrapped::<Json<Lenient>>::schema();
    for value in [
        json!({ "color": "Red", "at": { "x": 0.5, "y": 0.5 } }),
        json!({ "colour": "rouge", "at": { "x": 0.5, "y": 0.5 } }),
        json!({ "color": "mauve", "at": null }),
    ] {
        assert_eq!(
            schema.check(&json!({ "value": value })).map_err(|faults| faults.to_string()),
            Ok(()),
            "{value}"
        );
    }
    for color in [json!({ "color": "Red" }), json!({ "colour": "rouge" }), json!({ "color": "mauve" })] {
        for place in ["at", "place"] {
            let mut value = color.clone();
            value[place] = json!([0.5, 1.5]);
            let value = json!({ "value": value });
            assert!(
                Wrapped::<Json<Lenient>>::decode(&mut value.clone(), &FieldPath::Root).is_ok(),
                "{value}"
            );
            let fault = schema.check(&value).unwrap_err().to_string();
            assert_eq!(fault, format!("value/{place}: invalid type: array, expected object"), "{value}");
        }
    }
    let schema = Wrapped::<Json<Extended>>::schema();
    assert!(schema.check(&json!({ "value": { "a": 0.5, "x-b": "c", "n": 5 } })).is_ok());
    let schema = Wrapped::<Json<Signal>>::schema();
    for value in [
        json!({ "kind": "Future", "at": 5 }),
        json!({ "kind": "point", "at": { "x": 0.5, "y": 0.5 } }),
        json!({ "kind": "Text", "at": "a" }),
    ] {
        assert_eq!(
            schema.check(&json!({ "value": value })).map_err(|faults| faults.to_string()),
            Ok(()),
            "{value}"
        );
    }
}

#[test]
fn a_fault_is_told_with_its_place() {
    let schema = Wrapped::<Json<Vec<Label>>>::schema();
    let fault = |value: Value| schema.check(&json!({ "value": value })).unwrap_err().to_string();
    assert_eq!(
        fault(json!([{ "text": "a", "at": [0.5, 1.5] }])),
        "value/0/at: invalid type: array, expected object"
    );
    assert_eq!(fault(json!([{ "text": 5 }])), "value/0/text: invalid type: integer `5`, expected a string");
    let schema = Wrapped::<Json<Shape>>::schema();
    let fault = |value: Value| schema.check(&json!({ "value": value })).unwrap_err().to_string();
    assert_eq!(fault(json!(["Circle", 0.5])), "value: invalid type: array, expected object");
    assert_eq!(
        fault(json!({ "kind": "Dot", "at": [0.5, 1.5] })),
        "value/at: invalid type: array, expected object"
    );
}

// Only texts and floats: of `5.0`, `serde` says that it is no integer, and JSON Schema that it is one.

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only decoding it is of interest")]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only decoding it is of interest")]
struct Label {
    text: String,
    at: Option<Point>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind")]
#[expect(dead_code, reason = "only decoding it is of interest")]
enum Shape {
    Circle { radius: f64 },
    Square { side: f64, name: Option<String> },
    Dot { at: Point },
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only decoding it is of interest")]
enum Order {
    First,
    At(f64),
    Near(Point),
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
#[expect(dead_code, reason = "only decoding it is of interest")]
enum Answer {
    Text(String),
    Point(Point),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only decoding it is of interest")]
enum Either {
    Text(String),
    Point(Point),
    Nothing,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only decoding it is of interest")]
struct Note {
    text: String,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only decoding it is of interest")]
struct Tree {
    name: String,
    parts: Vec<Self>,
}

#[derive(Deserialize, JsonSchema)]
enum Color {
    Red,
    Green,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only decoding it is of interest")]
struct Lenient {
    #[serde(alias = "colour")]
    color: Paint,
    at: Option<Point>,
    place: Option<Point>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(extend("patternProperties" = { "^x-": { "type": "string" } }))]
#[expect(dead_code, reason = "only decoding it is of interest")]
struct Extended {
    a: f64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind")]
#[expect(dead_code, reason = "only decoding it is of interest")]
enum Signal {
    #[serde(alias = "point")]
    Point {
        at: Point,
    },
    Text {
        at: String,
    },
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize, JsonSchema)]
enum Paint {
    #[serde(alias = "rouge")]
    Red,
    #[serde(other)]
    Other,
}
