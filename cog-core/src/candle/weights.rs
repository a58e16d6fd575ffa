//! From a path to the tensors that are there, in whichever of the usual formats.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use candle_nn::var_builder::SimpleBackend as _;
use serde::Deserialize;

use super::backend::{Backend, TensorFile};
use super::pytorch::PytorchFile;
use super::safetensors::SafetensorsFile;
use crate::anyhow::{Context as _, bail};
use crate::error::Result;

/// Opens the weights at `path`, whose tensors are read when a model asks for them.
///
/// That is a `.safetensors` file, the `.safetensors.index.json` of a model in several files, a file of `torch.save`, or a directory with
/// one of these. Tensors come as `dtype`, whatever they are in the file, and on `device`. They are read one by one, so that loading needs
/// little memory beyond the model's own.
///
/// # Errors
/// When there are no such weights, or a file is damaged or cut short. What the `VarBuilder` is asked for and has not, or has in another
/// shape, is an error that names the tensor and the file.
pub fn tensors(path: &Path, dtype: DType, device: &Device) -> Result<VarBuilder<'static>> {
    let path = if path.is_dir() { &within(path)? } else { path };
    let backend = open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
    Ok(VarBuilder::from_backend(Box::new(backend), dtype, device.clone()))
}

/// Which file of a directory has the weights: the most usual name, or else the only one that looks like it.
fn within(directory: &Path) -> Result<PathBuf> {
    const USUAL: [&str; 3] = ["model.safetensors.index.json", "model.safetensors", "pytorch_model.bin"];
    const LIKELY: [&[&str]; 3] = [&[".safetensors.index.json"], &[".safetensors"], &[".pth", ".pt", ".bin"]];

    if let Some(path) = USUAL.iter().map(|name| directory.join(name)).find(|path| path.is_file()) {
        return Ok(path);
    }
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read `{}`", directory.display()))?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    for endings in LIKELY {
        let found: Vec<_> =
            names.iter().filter(|name| endings.iter().any(|ending| name.ends_with(ending))).collect();
        match found.as_slice() {
            [] => {}
            [name] => return Ok(directory.join(name)),
            [first, ..] => bail!(
                "there are {} files of weights in `{}`, `{first}` among them; name the one to load",
                found.len(),
                directory.display()
            ),
        }
    }
    bail!("there is no `.safetensors`, `.pth`, `.pt` or `.bin` file in `{}`", directory.display())
}

fn open(path: &Path) -> Result<Backend> {
    if path.extension().is_some_and(|extension| extension == "json") {
        return open_index(path);
    }
    Ok(Backend::new(path, vec![open_file(path)?]))
}

/// Opens a file of the format that it begins like.
fn open_file(path: &Path) -> Result<Box<dyn TensorFile>> {
    let mut start = Vec::new();
    File::open(path)?.take(9).read_to_end(&mut start)?;
    match start.as_slice() {
        // The length of the header, and the header.
        [_, _, _, _, _, _, _, _, b'{'] => Ok(Box::new(SafetensorsFile::open(path)?)),
        [b'P', b'K', ..] => Ok(Box::new(PytorchFile::open(path)?)),
        [0x80, ..] => bail!(
            "it is a pickle, as PyTorch wrote them before 1.6; load it with a newer one and `torch.save` it again, or \
             convert it to safetensors"
        ),
        [b'G', b'G', b'U', b'F', ..] => bail!("it is a GGUF file, which the model has to load as one"),
        [] => bail!("it is empty; fetch it again"),
        _ => bail!("it is neither a safetensors file nor one of `torch.save`, or is cut short"),
    }
}

/// What the index of a model in several files says.
#[derive(Deserialize)]
struct Index {
    /// For each tensor the name of its file.
    weight_map: BTreeMap<String, PathBuf>,
}

fn open_index(path: &Path) -> Result<Backend> {
    let index: Index =
        serde_json::from_slice(&fs::read(path)?).context("it is no index of safetensors files")?;
    let directory = path.parent().unwrap_or(Path::new(""));
    let names: BTreeSet<_> = index.weight_map.values().map(|name| directory.join(name)).collect();
    let open = |name: &PathBuf| open_file(name).with_context(|| format!("cannot open `{}`", name.display()));
    let backend = Backend::new(path, names.iter().map(open).collect::<Result<_>>()?);
    match index.weight_map.iter().find(|(tensor, _)| !backend.contains_tensor(tensor)) {
        Some((tensor, name)) => {
            bail!("the tensor `{tensor}` should be in `{}`, and is not there", name.display())
        }
        None => Ok(backend),
    }
}

#[cfg(test)]
mod tests;
