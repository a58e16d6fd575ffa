//! A file of `torch.save`, as far as candle reads it: the zip archives that PyTorch writes since 1.6.

use std::path::{Path, PathBuf};

use candle_core::pickle::PthTensors;
use candle_core::{Device, Error as CandleError, Result as CandleResult, Tensor};

use super::backend::TensorFile;
use super::failure;
use crate::anyhow::{anyhow, bail};
use crate::error::Result;

pub(super) struct PytorchFile {
    path: PathBuf,
    tensors: PthTensors,
}

impl PytorchFile {
    /// Opens a file whose tensors are at its top, or below `state_dict`, where trainers put them.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let open = |key| {
            PthTensors::new(path, key).map_err(|error| match failure::cause(&error) {
                CandleError::Zip(error) => anyhow!("it is damaged or cut short; fetch it again: {error}"),
                _ => error.into(),
            })
        };
        let mut tensors = open(None)?;
        if tensors.tensor_infos().is_empty() {
            tensors = open(Some("state_dict"))?;
        }
        if tensors.tensor_infos().is_empty() {
            bail!("there are no tensors at its top or below `state_dict`; save the model's `state_dict()`");
        }
        Ok(Self { path: path.to_owned(), tensors })
    }
}

impl TensorFile for PytorchFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn names(&self) -> Vec<String> {
        self.tensors.tensor_infos().keys().cloned().collect()
    }

    fn read(&self, name: &str, device: &Device) -> CandleResult<Tensor> {
        let tensor = self.tensors.get(name)?.ok_or_else(|| CandleError::msg("there is no such tensor"))?;
        tensor.to_device(device)
    }
}
