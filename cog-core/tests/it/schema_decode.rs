//! A type's schema accepts a value if and only if the type decodes it, and if and only if others who read the schema accept it.
//!
//! Two rules are the schema's alone: constraints, which `decode` may rely on, and what URL stands for a file, which the fetcher asks
//! again. So a type with constraints is compared with the same type without: what `decode` takes is what the schema of the latter takes.
//! Types of others, of which `decode` takes more than their schemas, are in `foreign`.

use std::collections::{BTreeMap, HashMap};

use cog_core::{Choices, FieldPath, Input, InputValue, Path, Secret};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::{Map, Value, json};

use crate::oracle::Oracle;
use crate::values::{all_near, near};

#[derive(Input)]
pub(crate) struct Wrapped<T: InputValue> {
    value: T,
}

/// Checks that schema, `decode` and the published schema agree on `value`.
fn agree<T: InputValue>(value: &Value, oracle: &Oracle) -> TestCaseResult {
    let checked = T::schema().check(value);
    let decoded = T::decode(&mut value.clone(), &FieldPath::Root).map(drop);
    prop_assert_eq!(checked.is_ok(), decoded.is_ok(), "check: {:?}, decode: {:?}", checked, decoded);
    agree_with_document::<T>(value, oracle)
}

/// Checks the same for `T`, which has rules that decoding does not ask for; `Bare` is `T` without them.
fn agree_but_for_rules<T: InputValue, Bare: InputValue>(value: &Value, oracle: &Oracle) -> TestCaseResult {
    let checked = T::schema().check(value);
    let decoded = T::decode(&mut value.clone(), &FieldPath::Root).map(drop);
    let bare = Bare::schema().check(value);
    prop_assert!(checked.is_err() || decoded.is_ok(), "accepted and not decoded: {:?}", decoded);
    prop_assert_eq!(bare.is_ok(), decoded.is_ok(), "check: {:?}, decode: {:?}", bare, decoded);
    agree_with_document::<T>(value, oracle)
}

pub(crate) fn agree_with_document<T: InputValue>(value: &Value, oracle: &Oracle) -> TestCaseResult {
    let checked = T::schema().check(value);
    if let Some(published) = oracle.accepts(value) {
        prop_assert_eq!(checked.is_ok(), published, "check: {:?}, published: {}", checked, published);
    }
    Ok(())
}

/// Checks all that is next to the `valid` values, and much of what is further away.
pub(crate) fn everywhere(valid: Vec<Value>, check: impl Fn(&Value) -> TestCaseResult) {
    for value in all_near(&valid) {
        check(&value).unwrap_or_else(|fault| panic!("{value}: {fault}"));
    }
    let config = ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(value in near(valid))| check(&value)?);
}

/// One property a type: `name: type, valid values;`
macro_rules! types {
    ($($name:ident: $ty:ty, $valid:tt;)*) => { $(
        #[test]
        fn $name() {
            let oracle = Oracle::new(&Wrapped::<$ty>::schema());
            let valid: Vec<Value> = json!($valid).as_array().unwrap().iter().map(|valid| json!({ "value": valid })).collect();
            for value in &valid {
                assert_eq!(Wrapped::<$ty>::schema().check(value).map_err(|faults| faults.to_string()), Ok(()), "{value}");
            }
            everywhere(valid, |value| agree::<Wrapped<$ty>>(value, &oracle));
        }
    )* };
}

types! {
    texts: String, ["", "abc"];
    booleans: bool, [true, false];
    integers_of_8_bits: i8, [0, -128, 127];
    integers_of_16_bits: i16, [0, i16::MIN, i16::MAX];
    integers_of_32_bits: i32, [0, i32::MIN, i32::MAX];
    integers_of_64_bits: i64, [0, i64::MIN, i64::MAX];
    integers_of_128_bits: i128, [0, i64::MIN, u64::MAX, 1e30];
    integers_of_pointer_size: isize, [0, -1];
    unsigned_of_8_bits: u8, [0, 255, 5.0];
    unsigned_of_16_bits: u16, [0, u16::MAX];
    unsigned_of_32_bits: u32, [0, u32::MAX];
    unsigned_of_64_bits: u64, [0, u64::MAX];
    unsigned_of_128_bits: u128, [0, u64::MAX];
    unsigned_of_pointer_size: usize, [0, 1];
    floats: f64, [0, 0.5, -1e300];
    floats_of_single_precision: f32, [0, 0.5, -1e38];
    secrets: Secret, ["hunter2"];
    anything: Value, [null, 1, [1, "a"], { "a": null }];
    optional: Option<u8>, [null, 5];
    optional_lists: Option<Vec<String>>, [null, [], ["a"]];
    lists: Vec<i16>, [[], [1, -1]];
    lists_of_lists: Vec<Vec<f64>>, [[], [[0.5], []]];
    lists_of_optional: Vec<Option<bool>>, [[null, true]];
    maps: HashMap<String, u8>, [{}, { "a": 1, "b": 255 }];
    sorted_maps: BTreeMap<String, Vec<String>>, [{}, { "a": ["b"] }];
    maps_of_optional: BTreeMap<String, Option<u8>>, [{ "a": null, "b": 1 }];
    maps_of_anything: Map<String, Value>, [{}, { "a": [null] }];
    structs: Size, [{ "width": 1 }, { "width": 1, "height": null, "unit": "px", "other": 1 }];
    lists_of_structs: Vec<Size>, [[{ "width": 1 }, { "width": 2, "height": 3 }]];
    optional_structs: Option<Size>, [null, { "width": 1 }];
    text_choices: Sampler, ["greedy", "top_p"];
    optional_choices: Option<Sampler>, [null, "greedy"];
    lists_of_choices: Vec<Sampler>, [[], ["greedy", "top_p"]];
    maps_of_choices: HashMap<String, Edge>, [{ "a": 256 }];
    integer_choices: Edge, [256, 512, -1, 256.0];
    structs_of_choices: Picture, [{ "edge": 256 }, { "edge": 512, "sampler": "top_p" }];
}

#[derive(Input)]
#[expect(dead_code, reason = "only decoding it is of interest")]
struct Size {
    width: u32,
    height: Option<u32>,
    #[input(default = "px")]
    unit: String,
}

#[derive(Choices)]
enum Sampler {
    Greedy,
    TopP,
}

#[derive(Choices)]
enum Edge {
    #[choice(256)]
    Small,
    #[choice(512)]
    Large,
    #[choice(-1)]
    Any,
}

#[derive(Input)]
struct Picture {
    edge: Edge,
    #[input(default = Sampler::Greedy)]
    sampler: Sampler,
}

/// Declares a struct, and the same without its settings.
macro_rules! with_and_without_rules {
    ($(#[$outer:meta])* $name:ident, $bare:ident { $($(#[$setting:meta])* $field:ident: $ty:ty,)* }) => {
        #[derive(Input)]
        $(#[$outer])*
        struct $name { $($(#[$setting])* $field: $ty,)* }

        #[derive(Input)]
        $(#[$outer])*
        struct $bare { $($field: $ty,)* }
    };
}

with_and_without_rules!(#[expect(dead_code, reason = "only decoding it is of interest")] Rules, NoRules {
    #[input(ge = 1, le = 10)]
    whole: Option<i32>,
    #[input(ge = 0)]
    signed: Option<i64>,
    #[input(le = 255)]
    wide: Option<u64>,
    #[input(ge = -0.5, le = 1.5)]
    float: Option<f64>,
    #[input(ge = 0.1)]
    single: Option<f32>,
    #[input(min_length = 2, max_length = 3)]
    text: Option<String>,
    #[input(regex = "^[a-z]*$")]
    lower: Option<String>,
    #[input(regex = "b", max_length = 3)]
    key: Option<Secret>,
    #[input(choices = ["red", "green"])]
    color: Option<String>,
    #[input(choices = [0.5, 1.0, 2])]
    ratio: Option<f64>,
    #[input(choices = [7, 8])]
    bits: Option<u8>,
    #[input(ge = 1, le = 2)]
    steps: Option<Vec<u8>>,
    #[input(min_length = 1)]
    tags: Option<Vec<String>>,
    #[input(choices = ["red", "green"])]
    colors: Option<Vec<String>>,
});

/// Almost valid values of each field of `Rules`.
fn rules() -> Vec<Value> {
    vec![
        json!({ "whole": 1, "signed": 0, "wide": 255, "float": -0.5, "single": 0.1 }),
        json!({ "whole": 10, "signed": 5, "wide": 0, "float": 1.5, "single": 7 }),
        json!({ "text": "ab", "lower": "", "key": "abc", "color": "red" }),
        json!({ "text": "ééé", "lower": "abc", "color": "green", "ratio": 1, "bits": 7 }),
        json!({ "steps": [1, 2], "tags": ["a"], "colors": ["red", "green"], "ratio": 2.0, "bits": 8.0 }),
    ]
}

with_and_without_rules!(Files, NoFiles {
    #[input(deprecated)]
    file: Option<Path>,
    #[input(rename = "files")]
    files: Option<Vec<Path>>,
});

#[test]
fn constraints() {
    let oracle = Oracle::new(&Rules::schema());
    everywhere(rules(), |value| agree_but_for_rules::<Rules, NoRules>(value, &oracle));
}

/// That a file is an URL is the schema's rule, too; as texts, the fields take what `Path` decodes.
#[test]
fn files() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only decoding it is of interest")]
    struct Texts {
        file: Option<String>,
        files: Option<Vec<String>>,
    }
    let oracle = Oracle::new(&Files::schema());
    let valid = vec![json!({ "file": "http://a/b.png" }), json!({ "files": ["data:,x", "https://a"] })];
    everywhere(valid, |value| {
        agree_but_for_rules::<Files, Texts>(value, &oracle)?;
        agree_but_for_rules::<NoFiles, Texts>(value, &oracle)
    });
}
