//! JSON that is likely to be judged wrongly: almost right, or on a boundary.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Number, Value, json};

/// JSON near the `valid` values: these, these with something changed, removed or added, and anything at all.
pub(crate) fn near(valid: Vec<Value>) -> impl Strategy<Value = Value> {
    let change = prop_oneof![4 => Just(Change::Replace), 1 => Just(Change::Remove), 1 => Just(Change::Add)];
    let changed = (select(valid.clone()), change, any::<Index>(), json_value())
        .prop_map(|(value, change, place, other)| changed(value, change, place, other));
    prop_oneof![1 => select(valid), 6 => changed, 1 => json_value()]
}

/// The `valid` values, and these with a boundary or an unlikely text in each place: few enough to try all of them.
pub(crate) fn all_near(valid: &[Value]) -> Vec<Value> {
    let others: Vec<Value> =
        boundaries().into_iter().chain(texts()).chain([json!(null), json!([]), json!({})]).collect();
    let mut values = valid.to_vec();
    for value in valid {
        let mut places = Vec::new();
        pointers(value, String::new(), &mut places);
        for place in places {
            for other in &others {
                let mut value = value.clone();
                *value.pointer_mut(&place).unwrap() = other.clone();
                values.push(value);
            }
        }
    }
    values
}

/// Any JSON, mostly of values that somebody may get wrong.
pub(crate) fn json_value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(2, 8, 3, |inner| {
        let names =
            select(vec!["value", "width", "kind", "a", "tags", "whole", "text"]).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::hash_map(names, inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => select(boundaries()),
        4 => select(texts()),
        1 => any::<i64>().prop_map(Value::from),
        1 => (-300_i32..300).prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        1 => (-40_i32..40).prop_map(|quarter| Value::from(f64::from(quarter) / 4.0)),
        1 => "\\PC{0,4}".prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

/// Numbers at, below and above the ends of every width, as integers and as floats.
fn boundaries() -> Vec<Value> {
    let ends = [0, 7, 8, 15, 16, 31, 32, 53, 62].map(|bits| 1_i64 << bits);
    let wholes = ends.iter().flat_map(|end| [end - 1, *end, end + 1, -end - 1, -end, 1 - end]);
    let mut values: Vec<Value> = wholes.clone().map(Value::from).collect();
    #[expect(clippy::cast_precision_loss, reason = "rounding makes more numbers to try, not less")]
    values.extend(wholes.map(|whole| Value::from(whole as f64)));
    values.extend([json!(i64::MIN), json!(i64::MAX), json!(u64::MAX), json!(u64::MAX - 1)]);
    values.extend(
        [9.3e18, 1.9e19, 1e38, 1.8e38, 3.5e38, f64::from(f32::MAX), 3.402_823_56e38, 1e39, -1e39, 1e300]
            .map(Value::from),
    );
    values.extend([-0.0, 0.5, -0.5, 1.5, 0.1, 1e-300, f64::MIN_POSITIVE, f64::MAX].map(Value::from));
    values
}

fn texts() -> Vec<Value> {
    let files = [
        "http://a/b.png",
        "https://a",
        "data:,x",
        "HTTP://a",
        "Data:text/plain,x",
        "ftp://a/b",
        "file:///etc/passwd",
        "http:",
        "http://",
        "http:a",
        "https:/a",
        "/etc/hostname",
        "data",
        "a http://a/b",
    ];
    let others = [
        "", "a", "ab", "abc", "ABC", "abcd", "é", "éé", "ééé", "🦀🦀", "\u{301}a", "a\nb", "red", "green",
        "Red", "greedy", "top_p", "TopP", "0", "1", "5", "null", "true", "Circle", "Square",
    ];
    files.iter().chain(&others).map(|text| json!(text)).collect()
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Replace,
    Remove,
    Add,
}

/// Does `change` at one place within `value`.
fn changed(mut value: Value, change: Change, place: Index, other: Value) -> Value {
    let mut places = Vec::new();
    pointers(&value, String::new(), &mut places);
    let pointer = places[place.index(places.len())].clone();
    let Some((parent, step)) = pointer.rsplit_once('/') else { return other };
    match (change, value.pointer_mut(parent)) {
        (Change::Replace, Some(Value::Object(members))) => {
            members.insert(step.to_owned(), other);
        }
        (Change::Remove, Some(Value::Object(members))) => {
            members.remove(step);
        }
        (Change::Add, Some(Value::Object(members))) => {
            members.insert(format!("{step}x"), other);
        }
        (change, Some(Value::Array(items))) => {
            let index: usize = step.parse().unwrap();
            match change {
                Change::Replace => items[index] = other,
                Change::Remove => drop(items.remove(index)),
                Change::Add => items.insert(index, other),
            }
        }
        _ => {}
    }
    value
}

fn pointers(value: &Value, here: String, places: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| pointers(item, format!("{here}/{index}"), places));
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| pointers(member, format!("{here}/{name}"), places));
        }
        _ => {}
    }
    places.push(here);
}
