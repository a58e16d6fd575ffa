//! The results equal those that the authors of the weights published with them.
//!
//! `fixture.png`, `x2.png` and `x4.png` come from the same package as the weights, see `weights/README.md`.

use std::path::Path;

use anyhow::Result;
use candle_core::Device;
use cog_core::picture::{Limits, Picture};
use upscale::Upscaler;

#[test]
fn x2_equals_the_published_result() -> Result<()> {
    check("x2")
}

#[test]
fn x4_equals_the_published_result() -> Result<()> {
    check("x4")
}

fn check(scale: &str) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let open = |name: &str| Picture::open(&root.join("tests/data").join(name), &Limits::default());
    let weights = std::fs::read(root.join("weights").join(scale).with_extension("safetensors"))?;
    let model = Upscaler::load(&weights, &Device::Cpu)?;

    let picture = open("fixture.png")?;
    let enlarged = model.upscale(picture.colour(), |_, _| Ok(()))?;
    let png = picture.with_colour(enlarged).to_png()?;

    let got = Picture::decode(&png, &Limits::default())?;
    let expect = open(&format!("{scale}.png"))?;
    assert_eq!(got.colour().dimensions(), expect.colour().dimensions());
    let pairs = got.colour().iter().zip(expect.colour().iter());
    let differences: Vec<u8> = pairs.map(|(got, expect)| got.abs_diff(*expect)).collect();
    let differing = differences.iter().filter(|difference| **difference > 0).count();
    // Sums of floats depend on their order, so a value close to a half may round to the other side.
    assert!(differences.iter().all(|difference| *difference <= 1), "more than 1 of 255 off");
    assert!(differing * 1_000 < differences.len(), "{differing} of {} values differ", differences.len());
    Ok(())
}
