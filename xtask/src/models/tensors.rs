//! Tensors as the bytes that they are, and writing them as safetensors.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use safetensors::{Dtype, View};

/// Tensors by name.
pub(super) type Tensors = BTreeMap<String, Tensor>;

/// A tensor whose elements follow each other in rows, little-endian.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    pub(super) data: Vec<u8>,
}

impl Tensor {
    /// Cuts the first dimension into `count` equal parts and returns part `index`.
    pub(super) fn part(&self, index: usize, count: usize) -> Option<Self> {
        let (rows, rest) = self.shape.split_first()?;
        let bytes = self.data.len() / count;
        let data = self.data.get(index * bytes..(index + 1) * bytes)?.to_vec();
        Some(Self { dtype: self.dtype, shape: [&[rows / count], rest].concat(), data })
    }
}

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        (&self.data).into()
    }

    fn data_len(&self) -> usize {
        self.data.len()
    }
}

pub(super) fn save(tensors: &Tensors, path: &Path) -> Result<()> {
    Ok(safetensors::serialize_to_file(tensors.iter(), None, path)?)
}
