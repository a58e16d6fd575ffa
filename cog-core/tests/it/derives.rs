//! What the derives do at run time, beyond what schemas and decoding tell.

use std::collections::HashMap;

use cog_core::schema::Components;
use cog_core::{Choices, FieldPath, Input, InputValue, Output, OutputValue, Path, Schema, Value, json};

#[derive(Input)]
struct Edit {
    image: Path,
    #[input(default = 0.5)]
    strength: f64,
    masks: Vec<Path>,
    reference: Option<Path>,
    #[input(rename = "by-name")]
    by_name: HashMap<String, Path>,
    layers: Vec<Layer>,
}

#[derive(Input)]
struct Layer {
    texture: Path,
}

#[test]
fn files_are_visited_wherever_they_are() {
    let mut input = json!({
        "image": "data:,a", "masks": ["data:,b", "data:,c"], "reference": "data:,d",
        "by-name": { "x": "data:,e" }, "layers": [{ "texture": "data:,f" }],
    });
    let mut edit = Edit::decode(&mut input, &FieldPath::Root).unwrap();
    let mut places = Vec::new();
    edit.visit_files(&FieldPath::Root, &mut |at, file| {
        places.push(at.to_string());
        *file = Path::from(format!("/fetched/{at}"));
        Ok(())
    })
    .unwrap();
    assert_eq!(places, ["image", "masks/0", "masks/1", "reference", "by-name/x", "layers/0/texture"]);
    assert_eq!(edit.layers[0].texture.as_ref(), std::path::Path::new("/fetched/layers/0/texture"));
    let files = [&edit.image, &edit.masks[1], edit.reference.as_ref().unwrap(), &edit.by_name["x"]];
    assert!(files.iter().all(|file| file.starts_with("/fetched")));
    assert!((edit.strength - 0.5).abs() < f64::EPSILON);
}

#[test]
fn the_visit_ends_with_the_first_error() {
    let mut input = json!({ "image": "data:,a", "masks": ["data:,b"], "by-name": {}, "layers": [] });
    let mut edit = Edit::decode(&mut input, &FieldPath::Root).unwrap();
    let mut seen = 0;
    let error = edit.visit_files(&FieldPath::Root, &mut |at, _| {
        seen += 1;
        Err(cog_core::DecodeError::new(at, "gone"))
    });
    assert_eq!((error.unwrap_err().to_string().as_str(), seen), ("image: gone", 1));
}

#[test]
fn types_without_files_say_so() {
    assert!(Edit::schema().has_files());
    assert!(!Text::schema().has_files());
}

#[derive(Debug, Input, PartialEq)]
struct Text {
    #[input(default = "a")]
    required: String,
    #[input(default = 5)]
    optional: Option<u8>,
    #[input(default = [1, 2])]
    list: Vec<u8>,
}

#[test]
fn defaults_stand_in_for_what_is_omitted() {
    let decode = |mut input| Text::decode(&mut input, &FieldPath::Root);
    let text = |required: &str, optional, list: &[u8]| Text {
        required: required.to_owned(),
        optional,
        list: list.to_vec(),
    };
    assert_eq!(decode(json!({})), Ok(text("a", Some(5), &[1, 2])));
    assert_eq!(decode(json!({ "required": "b", "optional": 6, "list": [] })), Ok(text("b", Some(6), &[])));
    // `null` is the same as omitted.
    assert_eq!(decode(json!({ "optional": null })), Ok(text("a", Some(5), &[1, 2])));
    let error = decode(json!({ "required": null })).unwrap_err();
    assert_eq!(error.to_string(), "required: not a string");
}

#[test]
fn computed_defaults_are_checked_at_run_time() {
    const TOO_MUCH: u32 = 11;

    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Steps {
        #[input(default = TOO_MUCH, le = 10)]
        steps: u32,
    }
    let error = Steps::schema().check_defaults().unwrap_err().to_string();
    assert_eq!(
        error,
        "the default of input `steps` breaks its own rules: __root__: 11 is greater than the maximum of 10"
    );
}

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
#[choices(rename_all = "kebab-case")]
enum Sampler {
    Greedy,
    TopP,
    #[choice("DPM++ 2M")]
    Dpm,
}

#[derive(Choices, Clone, Copy, Debug, PartialEq)]
enum Edge {
    #[choice(-1)]
    Any,
    #[choice(18_446_744_073_709_551_615)]
    Huge,
}

#[test]
fn choices_have_one_value_each_everywhere() {
    assert_eq!(Sampler::choices(), [json!("greedy"), json!("top-p"), json!("DPM++ 2M")]);
    assert_eq!(Edge::choices(), [json!(-1), json!(u64::MAX)]);
    for (variant, value) in
        [(Sampler::Greedy, "greedy"), (Sampler::TopP, "top-p"), (Sampler::Dpm, "DPM++ 2M")]
    {
        assert_eq!(Sampler::decode(&mut json!(value), &FieldPath::Root), Ok(variant));
        assert_eq!(Value::from(variant), json!(value));
    }
    for (variant, value) in [(Edge::Any, json!(-1)), (Edge::Huge, json!(u64::MAX)), (Edge::Any, json!(-1.0))]
    {
        assert_eq!(Edge::decode(&mut value.clone(), &FieldPath::Root), Ok(variant), "{value}");
    }
    let error = Sampler::decode(&mut json!("Greedy"), &FieldPath::Root).unwrap_err();
    assert_eq!(error.to_string(), ": not one of the choices");
}

#[derive(Output)]
struct Report<T: OutputValue> {
    /// How good it is,
    /// from 0 to 1.
    score: f64,
    #[output(rename = "best-of-all", description = "The best.", deprecated)]
    best: T,
    label: &'static str,
    sampler: Option<Sampler>,
}

fn published(schema: &Schema) -> Value {
    let mut components = Components::default();
    components.add_output("Output", schema);
    components.into_value()["Output"].take()
}

#[test]
fn outputs_are_published_in_the_order_of_declaration() {
    let document = published(&<Report<Vec<u8>> as Output>::schema());
    let names = ["score", "best-of-all", "label"];
    assert_eq!(document["required"], json!(names));
    assert_eq!(document["properties"]["score"]["description"], json!("How good it is, from 0 to 1."));
    let best = &document["properties"]["best-of-all"];
    assert_eq!((&best["description"], &best["deprecated"]), (&json!("The best."), &json!(true)));
    assert_eq!(document["properties"]["sampler"]["enum"], json!(["greedy", "top-p", "DPM++ 2M"]));
}

/// A field with choices has a component of its own, called as the field. That name may be taken.
#[test]
fn choices_do_not_take_the_components_of_others() {
    #[derive(Input)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Clash {
        #[input(rename = "Input", choices = ["a"])]
        input: String,
        #[input(rename = "Output", choices = ["b"])]
        output: String,
        sampler: Sampler,
    }
    let mut components = Components::default();
    components.add_output("Output", &<String as Output>::schema());
    components.add_input("Input", &Clash::schema());
    components.add_input("TrainingInput", &Clash::schema());
    let components = components.into_value();
    let names: Vec<&String> = components.as_object().unwrap().keys().collect();
    assert_eq!(names, ["Input", "InputChoice", "Output", "OutputChoice", "TrainingInput", "sampler"]);
    assert_eq!(components["Output"]["type"], json!("string"));
    let properties = &components["Input"]["properties"];
    let reference = |name: &str| properties[name]["allOf"][0]["$ref"].as_str().unwrap().to_owned();
    assert_eq!(reference("Input"), "#/components/schemas/InputChoice");
    assert_eq!(reference("Output"), "#/components/schemas/OutputChoice");
    assert_eq!(components["InputChoice"]["enum"], json!(["a"]));
    assert_eq!(components["OutputChoice"]["enum"], json!(["b"]));
}
