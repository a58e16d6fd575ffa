//! A safetensors file, read tensor by tensor.
//!
//! Its header is read when it is opened, and a tensor when it is asked for, to where it stays if that is the CPU. A mapping would hold no
//! less, as candle copies what it takes from one, and it would need `unsafe` and a promise that nobody else writes to the file: where
//! somebody cuts it short, a read fails and a mapping ends the process.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytemuck::Pod;
use candle_core::safetensors::Load as _;
use candle_core::{Device, Error as CandleError, Result as CandleResult, Tensor, WithDType};
use safetensors::tensor::{Dtype, Metadata, TensorInfo, TensorView};

use super::backend::TensorFile;
use crate::anyhow::{anyhow, bail};
use crate::error::Result;

/// The longest header that the format allows.
const MAX_HEADER: u64 = 100_000_000;

pub(super) struct SafetensorsFile {
    path: PathBuf,
    /// Its position is whoever's turn it is.
    file: Mutex<File>,
    metadata: Metadata,
    /// Where the tensors begin.
    start: u64,
}

impl SafetensorsFile {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut header_length = [0; 8];
        file.read_exact(&mut header_length)?;
        let header_length = u64::from_le_bytes(header_length);
        let start = 8 + header_length.min(MAX_HEADER);
        if header_length > MAX_HEADER || start > length {
            bail!("its header is damaged or cut short; fetch it again");
        }
        let mut header = vec![0; usize::try_from(header_length)?];
        file.read_exact(&mut header)?;
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|error| anyhow!("its header is damaged; fetch it again: {error}"))?;

        let end = start + metadata.data_len() as u64;
        if length > end {
            bail!("it has {length} bytes, and its header tells of {end}; fetch it again");
        }
        let cut = metadata.offset_keys().into_iter().find(|name| {
            let info = metadata.info(name);
            info.is_some_and(|info| start + info.data_offsets.1 as u64 > length)
        });
        if let Some(name) = cut {
            bail!(
                "it is cut short within the tensor `{name}`: it has {length} of {end} bytes; fetch it again"
            );
        }
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), metadata, start })
    }
}

impl TensorFile for SafetensorsFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    fn read(&self, name: &str, device: &Device) -> CandleResult<Tensor> {
        let info = self.metadata.info(name).ok_or_else(|| CandleError::msg("there is no such tensor"))?;
        match info.dtype {
            Dtype::F32 => self.read_as::<f32>(info, device),
            Dtype::F16 => self.read_as::<half::f16>(info, device),
            Dtype::BF16 => self.read_as::<half::bf16>(info, device),
            // Rare ones, some of which candle turns into others.
            kind => TensorView::new(kind, info.shape.clone(), &self.read_data(info)?)?.load(device),
        }
    }
}

impl SafetensorsFile {
    /// Reads numbers of the kind that the tensor has, with no copy on their way to the CPU.
    fn read_as<T: WithDType + Pod>(&self, info: &TensorInfo, device: &Device) -> CandleResult<Tensor> {
        Tensor::from_vec(self.read_data::<T>(info)?, info.shape.as_slice(), device)
    }

    fn read_data<T: Pod>(&self, info: &TensorInfo) -> io::Result<Vec<T>> {
        let (from, to) = info.data_offsets;
        let mut data = bytemuck::zeroed_vec((to - from) / size_of::<T>());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + from as u64))?;
        file.read_exact(bytemuck::cast_slice_mut(&mut data))?;
        Ok(data)
    }
}
