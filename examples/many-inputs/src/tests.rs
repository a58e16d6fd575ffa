//! Inputs as clients send them, and what the predictor says of them.

use cog_core::{Engine, EngineConfig, Predictor, Rejection, Request, Status, Training, Value, json};

use super::ManyInputsPredictor;
use super::training::ByteCounter;

async fn predict(input: Value) -> Result<Value, Rejection> {
    run::<ManyInputsPredictor>(input).await
}

async fn run<P: Predictor>(input: Value) -> Result<Value, Rejection> {
    let engine = Engine::start::<P>(EngineConfig::default()).unwrap();
    engine.ready().await.unwrap();
    let prediction = engine.submit(Request::new(input))?.completed().await;
    assert_eq!((prediction.status(), prediction.error()), (Status::Succeeded, None));
    Ok(prediction.output_json().unwrap().parse().unwrap())
}

#[tokio::test]
async fn what_is_omitted_has_its_default() {
    let output = predict(json!({ "text": "hi", "byte": 255, "region": { "left": 1, "top": 2 } })).await;
    let expected = json!({
        "texts": ["hi", "abc", "", "png", "a", "b"],
        "numbers": {
            "byte": 255.0, "guidance": 7.5, "offset": 0.0, "old_steps": 1.0, "scale": 2.0, "short": -1.0, "steps": 28.0,
            "strength": 1.0, "weights/0": 0.5,
        },
        "flags": [true],
        "style": "black-and-white",
        "edge": null,
        "sides": null,
        "regions": [{ "left": 1, "top": 2, "size": 64, "label": null }],
        "counts": { "likes": 3 },
        "shape": { "kind": "circle", "radius": 1.5 },
        "anything": null,
        "files": [],
        "has_token": false,
    });
    assert_eq!(output.unwrap(), expected);
}

#[tokio::test]
async fn what_is_sent_arrives_but_for_the_secret() {
    let region = |left: u16| json!({ "left": left, "top": 0, "size": 8, "label": "eye" });
    let output = predict(json!({
        "text": "hi", "word": "z", "note": "n", "caption": "c", "byte": 0, "short": -300, "steps": 1, "offset": -5, "seed": 9,
        "guidance": 0.5, "strength": -0.5, "temperature": 2, "is_tiled": false, "is_draft": true, "format": "webp", "scale": 4,
        "style": "35 mm", "edge": 512, "tags": ["t"], "weights": [0, 1], "sides": ["right"], "region": region(1),
        "regions": [region(2)], "frame": region(3), "counts": { "a": 1 }, "shape": { "kind": "rectangle", "width": 1.5, "height": 2.5 },
        "any-thing": { "a": [null] }, "token": "hunter2", "old_steps": 3, "files": ["data:,abc"], "file": "data:text/plain;base64,aGk=",
    }))
    .await
    .unwrap();
    let expected = json!({
        "texts": ["hi", "z", "n", "webp", "c", "t"],
        "numbers": {
            "byte": 0.0, "guidance": 0.5, "offset": -5.0, "old_steps": 3.0, "scale": 4.0, "seed": 9.0, "short": -300.0, "steps": 1.0,
            "strength": -0.5, "temperature": 2.0, "weights/0": 0.0, "weights/1": 1.0,
        },
        "flags": [false, true],
        "style": "35 mm",
        "edge": 512,
        "sides": ["right"],
        "regions": [region(1), region(2), region(3)],
        "counts": { "a": 1 },
        "shape": { "kind": "rectangle", "width": 1.5, "height": 2.5 },
        "anything": { "a": [null] },
        "files": [{ "name": "file.txt", "bytes": 3 }, { "name": "file.txt", "bytes": 2 }],
        "has_token": true,
    });
    assert_eq!(output, expected);
}

#[tokio::test]
async fn every_fault_is_told() {
    let refused =
        predict(json!({ "word": "A1", "steps": 0, "style": "Plain", "weights": [2], "token": "abc" })).await;
    let Err(Rejection::Invalid(violations)) = refused else { panic!("{refused:?}") };
    let places: Vec<_> = violations.iter().map(|violation| violation.path.as_str()).collect();
    assert_eq!(places, ["steps", "style", "token", "weights/0", "word", "byte", "region", "text"]);
    assert!(!violations.to_string().contains("\"abc\""), "{violations}");
}

#[tokio::test]
async fn a_training_has_inputs_of_its_own() {
    let output =
        run::<Training<ByteCounter>>(json!({ "dataset": ["data:,abc", "data:,de"], "epochs": 2 })).await;
    assert_eq!(output.unwrap(), json!({ "weights": "data:text/plain;base64,MTA=" }));
}
