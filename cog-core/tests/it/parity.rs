//! What we publish of a type, beside what Cog publishes of the same type in Python.
//!
//! `parity/*.json` are documents of Cog's own generator. Each is compared whole, but for the components that describe requests and
//! replies around inputs and outputs (`ENVELOPE`): these are the server's and not in this crate. Where we differ on purpose, the
//! difference is listed with its reason, and the list has to be exact.

use std::collections::{BTreeMap, HashMap};

use cog_core::schema::Components;
use cog_core::{ConcatenateStream, Input, InputValue, Output, OutputStream, Path, Secret};
use serde_json::{Map, Value, json};

const ENVELOPE: &[&str] = &[
    "HTTPValidationError",
    "PredictionRequest",
    "PredictionResponse",
    "Status",
    "TrainingRequest",
    "TrainingResponse",
    "ValidationError",
];

/// A place at which we differ from Cog, and why.
type Difference = (&'static str, &'static str);

fn predictor<I: Input, O: Output>() -> Value {
    let mut components = Components::default();
    components.add_input("Input", &I::schema());
    components.add_output("Output", &O::schema());
    components.into_value()
}

/// Checks that `ours` differs from the schemas of Cog's `document` exactly where `expect` says so.
fn check(document: &str, ours: &Value, expect: &[Difference]) {
    let document: Value = serde_json::from_str(document).unwrap();
    let mut theirs = document["components"]["schemas"].clone();
    theirs.as_object_mut().unwrap().retain(|name, _| !ENVELOPE.contains(&name.as_str()));
    let mut found = BTreeMap::new();
    compare(String::new(), Some(ours), Some(&theirs), &mut found);
    for (place, reason) in expect {
        assert!(found.remove(*place).is_some(), "no difference any more at {place} ({reason})");
    }
    assert!(found.is_empty(), "not listed, (ours, Cog's): {found:#?}");
}

/// Notes the smallest places at which the two differ, with both values.
fn compare<'a>(
    place: String,
    ours: Option<&'a Value>,
    theirs: Option<&'a Value>,
    found: &mut BTreeMap<String, (Option<&'a Value>, Option<&'a Value>)>,
) {
    match (ours, theirs) {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
                compare(format!("{place}/{name}"), left.get(name), right.get(name), found);
            }
        }
        _ if ours == theirs => {}
        _ => {
            found.insert(place, (ours, theirs));
        }
    }
}

#[test]
fn primitives() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Primitives {
        s: String,
        i: i64,
        f: f64,
        b: bool,
        p: Path,
        file: Path,
        sec: Secret,
        #[input(default = "d")]
        sd: String,
        #[input(default = true)]
        bd: bool,
        #[input(default = 7)]
        idd: i64,
        #[input(default = 1.5)]
        fd: f64,
    }
    check(include_str!("parity/primitives.json"), &predictor::<Primitives, String>(), &[]);
}

#[test]
fn constraints() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Constraints {
        /// An int
        #[input(default = 5, ge = 1, le = 10)]
        n: i64,
        /// A float
        #[input(ge = -0.5, le = 1.5)]
        f: f64,
        /// A string
        #[input(min_length = 2, max_length = 9)]
        s: String,
        #[input(default = "abc", regex = "^[a-z]{3}$")]
        rx: String,
        /// pick
        #[input(default = "red", choices = ["red", "green", "blue"])]
        color: String,
        /// req choice
        #[input(choices = [256, 512])]
        size_px: i64,
        #[input(default = 0.5, choices = [0.5, 1.0])]
        ratio: f64,
        /// gone soon
        #[input(default = "x", deprecated)]
        old: String,
    }
    check(include_str!("parity/constraints.json"), &predictor::<Constraints, String>(), &[]);
}

#[test]
fn optionals() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Optionals {
        a: Option<String>,
        #[input(default = None)]
        b: Option<String>,
        /// c
        #[input(default = None)]
        c: Option<i64>,
        /// no default
        d: Option<String>,
        #[input(default = 0.5, ge = 0, le = 1)]
        e: Option<f64>,
        #[input(default = None)]
        p: Option<Path>,
        #[input(default = None)]
        k: Option<Secret>,
        #[input(default = None)]
        k2: Option<Secret>,
        /// bare None default
        seed: i64,
        #[input(default = None, choices = ["a", "b"])]
        ch: Option<String>,
    }
    check(include_str!("parity/optionals.json"), &predictor::<Optionals, String>(), &[]);
}

#[test]
fn collections() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Collections {
        ls: Vec<String>,
        /// ints
        #[input(default = [1, 2])]
        li: Vec<i64>,
        /// paths
        lp: Vec<Path>,
        #[input(default = [0.5])]
        lf: Vec<f64>,
        /// bare dict
        d: Map<String, Value>,
        #[input(default = json!({ "a": 1 }))]
        dsi: HashMap<String, i64>,
        #[input(default = [])]
        ld: Vec<Map<String, Value>>,
        #[input(default = None)]
        ol: Option<Vec<String>>,
        anyv: Value,
        #[input(default = ["a"], choices = ["a", "b"])]
        lc: Vec<String>,
    }
    const LIST: &str = "Cog publishes a list of choices as one choice, which no list satisfies; we publish the list that is taken";
    check(
        include_str!("parity/collections.json"),
        &predictor::<Collections, HashMap<String, i64>>(),
        &[
            (
                "/Input/properties/anyv/type",
                "Cog publishes any value as an object and refuses others; we take any value",
            ),
            (
                "/Input/properties/dsi/additionalProperties",
                "Cog does not check the values of a dict; we do, and say so",
            ),
            ("/Input/properties/lc/allOf", LIST),
            ("/Input/properties/lc/items", LIST),
            ("/Input/properties/lc/title", LIST),
            ("/Input/properties/lc/type", LIST),
            ("/lc", LIST),
        ],
    );
}

#[test]
fn no_inputs() {
    #[derive(Input)]
    struct NoInputs;

    check(include_str!("parity/no_inputs.json"), &predictor::<NoInputs, String>(), &[]);
}

#[derive(Input)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Prompt {
    /// p
    prompt: String,
}

#[test]
fn out_concat_streaming() {
    let ours = predictor::<Prompt, ConcatenateStream<'static>>();
    check(include_str!("parity/out_concat_streaming.json"), &ours, &[]);
}

#[test]
fn out_iterator_path() {
    let ours = predictor::<Prompt, OutputStream<'static, Path>>();
    check(include_str!("parity/out_iterator_path.json"), &ours, &[]);
}

#[test]
fn output_object() {
    #[derive(Output)]
    struct Inner {
        score: f64,
        tags: Vec<String>,
    }

    /// Doc of output.
    #[derive(Output)]
    struct Object {
        text: String,
        n: i64,
        ok: bool,
        file: Path,
        maybe: Option<String>,
        maybe_d: Option<i64>,
        dflt: i64,
        inner: Inner,
        inners: Vec<Inner>,
    }
    const REQUIRED: &str = "a field with a default in Python is always there in ours, so `dflt` is required";
    check(
        include_str!("parity/output_object.json"),
        &predictor::<Prompt, Object>(),
        &[("/Output/required", REQUIRED)],
    );
}

#[test]
fn training_only() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Training {
        /// steps
        #[input(ge = 1)]
        n: i64,
        #[input(default = 1e-4, ge = 0)]
        lr: f64,
    }

    #[derive(Output)]
    struct Trained {
        weights: Path,
    }
    let mut components = Components::default();
    components.add_input("TrainingInput", &Training::schema());
    components.add_output("TrainingOutput", &<Trained as Output>::schema());
    check(include_str!("parity/training_only.json"), &components.into_value(), &[]);
}
