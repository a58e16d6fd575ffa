//! The vectors equal those of another implementation, and mean what they should.
//!
//! `reference.json` was written by `reference.py`, which runs the same weights with numpy. The weights are fetched by `cargo xtask models
//! embed`; what needs them says so where they are not there. `cargo xtask ci e2e` fetches them first, and compares the same over HTTP.

use std::io::{Write as _, stderr};
use std::path::Path;

use anyhow::Result;
use candle_core::Device;
use cog_core::{Batched, InputValue as _, Predictor as _, Scope, Setup, Weights, json};
use embed::model::Truncated;
use embed::predictor::Request;
use embed::{Embed, Embedder, Files};
use serde_json::Value;

#[tokio::test]
async fn vectors_equal_the_reference_alone_and_padded_in_a_batch() -> Result<()> {
    let Some(embedder) = embedder().await? else { return Ok(()) };
    let reference: Vec<Value> = serde_json::from_str(include_str!("data/reference.json"))?;
    let texts: Vec<&str> = reference.iter().filter_map(|entry| entry["text"].as_str()).collect();
    assert_eq!(texts.len(), 9);
    let together = embedder.embed(&texts)?;
    for ((text, entry), in_batch) in texts.iter().zip(&reference).zip(&together.vectors) {
        let expected: Vec<f32> = serde_json::from_value(entry["vector"].clone())?;
        let alone = embedder.embed(&[text])?.vectors.concat();
        for got in [&alone, in_batch] {
            let differences = got.iter().zip(&expected).map(|(got, expected)| (got - expected).abs());
            let largest = differences.fold(0., f32::max);
            assert!(got.len() == 384 && largest < 1e-4, "{largest} off in `{text}`");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_alike_is_close() -> Result<()> {
    let texts =
        ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."];
    let Some(embedder) = embedder().await? else { return Ok(()) };
    let vectors = embedder.embed(&texts)?.vectors;
    let cosine =
        |other: usize| vectors[0].iter().zip(&vectors[other]).map(|(one, other)| one * other).sum::<f32>();
    for (other, expected) in [(0, 1.0), (1, 0.7553), (2, -0.1050)] {
        assert!(
            (cosine(other) - expected).abs() < 1e-3,
            "{} and not {expected}: {}",
            cosine(other),
            texts[other]
        );
    }
    Ok(())
}

#[tokio::test]
async fn of_a_long_text_the_beginning_counts() -> Result<()> {
    let Some(embedder) = embedder().await? else { return Ok(()) };
    // Each word is a token, and two mark the ends.
    let text = "ä ".repeat(300);
    let beginning = "ä ".repeat(254);
    let embedded = embedder.embed(&["short", text.as_str(), beginning.as_str()])?;
    // The 254th word ends where its space begins.
    assert_eq!(embedded.truncated, [Truncated { index: 1, characters: 2 * 254 - 1 }]);
    assert_eq!(embedded.tokens, [3, 256, 256]);
    assert_eq!(embedded.vectors[1], embedded.vectors[2]);
    Ok(())
}

#[tokio::test]
async fn many_texts_are_as_good_as_few() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    let texts: Vec<String> = (0..50).map(|number| format!("This is sentence number {number}.")).collect();
    let vectors = model.predict(Request { texts: texts.clone() }, Scope::none()).await?;
    assert_eq!(vectors.len(), 50);
    let last = model.predict(Request { texts: texts[49..].to_vec() }, Scope::none()).await?;
    let cosine: f32 = vectors[49].iter().zip(&last[0]).map(|(one, other)| one * other).sum();
    assert!((cosine - 1.).abs() < 1e-5, "{cosine}");
    Ok(())
}

#[tokio::test]
async fn too_few_and_too_many_texts_are_refused() -> Result<()> {
    let refusal = Request::schema().check(&json!({ "texts": ["x", ""] })).unwrap_err();
    assert_eq!(refusal.to_string(), "texts/1: \"\" is shorter than 1 characters");
    let Some(model) = model().await? else { return Ok(()) };
    for (count, expected) in
        [(0, "`texts` is empty; send one text at least"), (4097, "`texts` has 4097 texts; send 4096 at most")]
    {
        let request = Request { texts: vec!["x".to_owned(); count] };
        let error = model.predict(request, Scope::none()).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    Ok(())
}

#[tokio::test]
async fn weights_that_are_not_there_are_asked_for() -> Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in ["nowhere", "Cargo.toml", "src"] {
        let setup = Setup::new(Some(Weights::Path(here.join(path))));
        let error = format!("{:#}", Batched::<Embed>::setup(&setup).await.err().unwrap());
        assert!(error.contains("run `cargo xtask models embed`, or set `COG_WEIGHTS`"), "{path}: {error}");
        assert!(error.contains("config.json`: No such file"), "{path}: {error}");
    }
    Ok(())
}

/// The model, if its files are here. Tells whoever watches if they are not.
async fn model() -> Result<Option<Batched<Embed>>> {
    Ok(match files().await? {
        Some(_) => Some(Batched::setup(&Setup::default()).await?),
        None => None,
    })
}

async fn embedder() -> Result<Option<Embedder>> {
    files().await?.map(|files| Embedder::load(&files, &Device::Cpu)).transpose()
}

async fn files() -> Result<Option<Files>> {
    let files = Files::locate(&Setup::default()).await.ok();
    if files.is_none() {
        // Past the capture of what tests print, which hides it of those that pass.
        writeln!(
            stderr(),
            "embed: no weights here, so this is left to `cargo xtask ci e2e`; `cargo xtask models embed` fetches them"
        )?;
    }
    Ok(files)
}
