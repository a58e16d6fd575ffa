//! Converts the weights of the npm package `@upscalerjs/esrgan-slim` to safetensors.
//!
//! Run with: `cargo run -p upscale --example convert -- <unpacked package> <output directory>`
//!
//! It writes `x2.safetensors`, `x4.safetensors` and the package's `LICENSE`. The same package always gives the
//! same bytes: safetensors sorts its tensors by name and carries no date. `weights/README.md` has the whole
//! recipe, from the registry to the checksums.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

fn main() -> Result<()> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(package), Some(output), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        bail!("expected two arguments: `convert <unpacked package> <output directory>`");
    };
    for scale in ["x2", "x4"] {
        let tensors = convert(&package.join("models").join(scale))?;
        candle_core::safetensors::save(&tensors, output.join(scale).with_extension("safetensors"))?;
    }
    fs::copy(package.join("LICENSE"), output.join("LICENSE"))
        .context("cannot copy the package's `LICENSE`")?;
    Ok(())
}

/// The part of a TensorFlow.js `model.json` that says where the weights are.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    weights_manifest: Vec<Group>,
}

/// Files which, joined end to end, hold the weights in the order of the list with nothing in between.
#[derive(Deserialize)]
struct Group {
    paths: Vec<String>,
    weights: Vec<Weight>,
}

#[derive(Deserialize)]
struct Weight {
    name: String,
    shape: Vec<usize>,
    dtype: String,
}

fn convert(directory: &Path) -> Result<HashMap<String, Tensor>> {
    let model: Model = serde_json::from_slice(&read(&directory.join("model.json"))?)?;
    let mut tensors = HashMap::new();
    for group in model.weights_manifest {
        let shards =
            group.paths.iter().map(|path| read(&directory.join(path))).collect::<Result<Vec<_>>>()?;
        let bytes = shards.concat();
        let mut rest = bytes.as_slice();
        for weight in group.weights {
            let Weight { name, shape, dtype } = weight;
            ensure!(dtype == "float32", "`{name}` is `{dtype}`, only `float32` is known here");
            let length = shape.iter().product::<usize>() * size_of::<f32>();
            let (data, tail) =
                rest.split_at_checked(length).with_context(|| format!("no data for `{name}`"))?;
            rest = tail;
            let tensor = Tensor::from_raw_buffer(data, DType::F32, &shape, &Device::Cpu)?;
            let (name, tensor) = match name.rsplit_once('/') {
                // TensorFlow keeps a kernel as height, width, in, out; candle wants out, in, height, width.
                Some((layer, "kernel")) => (format!("{layer}.weight"), tensor.permute((3, 2, 0, 1))?),
                Some((layer, "bias")) => (format!("{layer}.bias"), tensor),
                _ => bail!("`{name}` is neither a kernel nor a bias"),
            };
            tensors.insert(name, tensor.contiguous()?);
        }
        ensure!(rest.is_empty(), "{} bytes belong to no tensor of `{}`", rest.len(), directory.display());
    }
    Ok(tensors)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}
