//! A GGUF file, read as if it had been quantized in another way.
//!
//! candle multiplies some formats with instructions that it looks for when it runs, and the others, in a program that is built without
//! special flags, one number at a time: twenty times slower. Those others become `Q8_0` here while they are read, tensor by tensor, so that
//! no more than one of them is in memory twice. `Q8_0` has twice the bits of `Q4_1`, so next to nothing is lost.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, TensorInfo};
use candle_core::quantized::{GgmlDType, QTensor};

/// The data of the tensors. The beginning of each is at the position that is its number.
pub struct Requantized<R> {
    file: R,
    data_offset: u64,
    tensors: Vec<(String, TensorInfo)>,
    /// The tensor that was sought last.
    bytes: Cursor<Vec<u8>>,
}

/// Returns the contents as they shall appear, and what to read the tensors from.
pub fn requantized<R: Read + Seek>(file: R, content: Content) -> (Content, Requantized<R>) {
    let tensors: Vec<_> = content.tensor_infos.into_iter().collect();
    let tensor_infos = tensors.iter().zip(0..).map(|((name, tensor), offset)| {
        let ggml_dtype = if is_slow(tensor.ggml_dtype) { GgmlDType::Q8_0 } else { tensor.ggml_dtype };
        (name.clone(), TensorInfo { ggml_dtype, shape: tensor.shape.clone(), offset })
    });
    let appearance = Content {
        magic: content.magic,
        metadata: content.metadata,
        tensor_infos: tensor_infos.collect(),
        tensor_data_offset: 0,
    };
    let bytes = Cursor::default();
    (appearance, Requantized { file, data_offset: content.tensor_data_offset, tensors, bytes })
}

/// Formats for which candle looks for no instructions at run time.
fn is_slow(format: GgmlDType) -> bool {
    matches!(format, GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q8_1)
}

impl<R: Read + Seek> Requantized<R> {
    fn load(&mut self, number: u64) -> anyhow::Result<Vec<u8>> {
        use anyhow::Context as _;

        let tensor = usize::try_from(number).ok().and_then(|number| self.tensors.get(number));
        let (name, tensor) = tensor.context("there is no such tensor")?;
        let load = |file: &mut R| -> candle_core::Result<Vec<u8>> {
            let mut tensor = tensor.read(file, self.data_offset, &Device::Cpu)?;
            if is_slow(tensor.dtype()) {
                tensor = QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q8_0)?;
            }
            Ok(tensor.data()?.into_owned())
        };
        load(&mut self.file).with_context(|| format!("tensor `{name}`"))
    }
}

impl<R: Read + Seek> Seek for Requantized<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match position {
            SeekFrom::Start(number) => {
                self.bytes =
                    Cursor::new(self.load(number).map_err(|error| io::Error::other(format!("{error:#}")))?);
                Ok(number)
            }
            // Asked for to see whether a tensor is all there, which is found out when it is read.
            SeekFrom::End(_) => Ok(u64::MAX),
            SeekFrom::Current(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl<R> Read for Requantized<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer)
    }
}
