//! What is seen on photos, and what is said where there are no weights.
//!
//! The weights are fetched by `cargo xtask models classify samples`; what needs them says so where they are not there. `cargo xtask ci e2e`
//! fetches them first, and compares the same scores over HTTP.

use std::io::Write as _;
use std::path::{Path as FilePath, PathBuf};

use cog_core::Weights;

use super::*;

/// Class and score of what is on the photos of `samples`.
const SEEN: [(&str, &[(usize, f32)]); 2] =
    [("chelsea.png", &[(285, 0.376), (282, 0.251), (281, 0.211)]), ("coffee.png", &[(967, 0.84)])];

fn photo(name: &str) -> PathBuf {
    std::env::home_dir().unwrap().join(".cache/cog/models/samples").join(name)
}

/// Tells whether the weights and photos are there, and whoever watches if they are not.
async fn are_there() -> bool {
    let weights = Setup::default().weights_or(WEIGHTS).await;
    let are_there = weights.is_ok() && SEEN.iter().all(|(name, _)| photo(name).is_file());
    if !are_there {
        // Past the capture of what tests print, which hides it of those that pass.
        let line = "classify: no weights here, so the photos are left to `cargo xtask ci e2e`; `cargo xtask models classify samples` fetches them";
        writeln!(std::io::stderr(), "{line}").unwrap();
    }
    are_there
}

#[tokio::test]
async fn photos_are_recognised() {
    if !are_there().await {
        return;
    }
    let model = Classify::setup(&Setup::default()).await.unwrap();
    for (name, expected) in SEEN {
        let request = Request { image: photo(name).into(), top_k: 5 };
        let labels = model.predict(request, Scope::none()).await.unwrap();
        assert_eq!(labels.len(), 5);
        for (label, (class, score)) in labels.iter().zip(expected) {
            assert!(label.class == *class && (label.score - score).abs() < 0.01, "{name}: {labels:?}");
        }
    }
}

#[test]
fn every_class_has_a_name() {
    assert_eq!(NAMES.lines().count(), model::CLASSES);
    assert!(NAMES.lines().all(|name| !name.is_empty() && name == name.trim()));
    for (class, name) in [(0, "tench"), (281, "tabby cat"), (285, "Egyptian Mau"), (967, "espresso")] {
        assert_eq!(NAMES.lines().nth(class), Some(name));
    }
}

#[tokio::test]
async fn weights_that_are_not_there_or_of_something_else_are_refused() {
    let repository = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (path, expected) in [
        ("nowhere", "run `cargo xtask models classify`, or set `COG_WEIGHTS`"),
        ("examples/upscale/weights/x2.safetensors", "there is no tensor `_conv_stem.weight` in"),
        ("examples/upscale/weights/README.md", "it is neither a safetensors file nor one of `torch.save`"),
    ] {
        let weights = Weights::Path(repository.join(path));
        let error = Classify::setup(&Setup::new(Some(weights))).await.err().unwrap();
        assert!(format!("{error:#}").contains(expected), "{path}: {error:#}");
    }
}
