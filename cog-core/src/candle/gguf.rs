//! A GGUF file, opened, found to be whole, and handed to whoever makes a model of it.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::quantized::gguf_file::Content;

use crate::anyhow::{Context as _, ensure};
use crate::error::{Error, Result};

/// Makes a model of a GGUF file.
///
/// `load` is given what the file says of itself and the open file, as candle's own models take them.
///
/// ```no_run
/// # use candle_core::{Device, Result as CandleResult, quantized::gguf_file::Content};
/// # struct ModelWeights;
/// # impl ModelWeights {
/// #     fn from_gguf<R>(_: Content, _: &mut R, _: &Device) -> CandleResult<Self> { Ok(Self) }
/// # }
/// # let device = Device::Cpu;
/// let model = cog_core::candle::gguf("model.gguf".as_ref(), |content, file| {
///     ModelWeights::from_gguf(content, file, &device)
/// })?;
/// # Ok::<(), cog_core::Error>(())
/// ```
///
/// # Errors
/// When the file cannot be read, is no GGUF, or ends before a tensor does, which is named; and what `load` returns. All name the file.
pub fn gguf<T, E: Into<Error>>(
    path: &Path,
    load: impl FnOnce(Content, &mut BufReader<File>) -> Result<T, E>,
) -> Result<T> {
    let (content, mut file) = open(path).with_context(|| format!("cannot open `{}`", path.display()))?;
    load(content, &mut file)
        .map_err(|error| error.into().context(format!("cannot load `{}`", path.display())))
}

fn open(path: &Path) -> Result<(Content, BufReader<File>)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    ensure!(!metadata.is_dir(), "it is a directory; name the file in it");
    let length = metadata.len();
    let mut file = BufReader::new(file);
    let content = Content::read(&mut file).context("it is no GGUF file, or is damaged or cut short")?;
    // In the order of the file, so that the first that is not whole is the one that is named.
    let mut tensors: Vec<_> = content.tensor_infos.iter().collect();
    tensors.sort_by_key(|(_, tensor)| tensor.offset);
    for (name, tensor) in tensors {
        let kind = tensor.ggml_dtype;
        let size = tensor.shape.elem_count() / kind.block_size() * kind.type_size();
        let end = content.tensor_data_offset.saturating_add(tensor.offset).saturating_add(size as u64);
        ensure!(end <= length, "it is cut short within the tensor `{name}`; fetch it again");
    }
    Ok((content, file))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
    use candle_core::{Device, Tensor};

    use super::*;

    /// A file with two tensors of 256 bytes.
    fn file() -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let tensor = Tensor::ones((2, 32), candle_core::DType::F32, &Device::Cpu).unwrap();
        let tensor = QTensor::quantize(&tensor, GgmlDType::F32).unwrap();
        gguf_file::write(&mut file, &[], &[("first", &tensor), ("second", &tensor)]).unwrap();
        file
    }

    fn load(path: &Path, name: &str) -> Result<Vec<usize>, String> {
        let load = |content: Content, file: &mut BufReader<File>| content.tensor(file, name, &Device::Cpu);
        gguf(path, load).map(|tensor| tensor.shape().dims().to_vec()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_whole_file_is_read() {
        assert_eq!(load(file().path(), "second"), Ok(vec![2, 32]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let file = file();
        let path = file.path().display().to_string();
        let error = load(file.path(), "third").unwrap_err();
        assert!(
            error.starts_with(&format!("cannot load `{path}`: cannot find tensor info for third")),
            "{error}"
        );

        let whole = fs::read(file.path()).unwrap();
        for (length, expected) in [
            (whole.len() - 1, "it is cut short within the tensor `second`; fetch it again"),
            (whole.len() - 257, "it is cut short within the tensor `first`; fetch it again"),
            (40, "it is no GGUF file, or is damaged or cut short"),
            (0, "it is no GGUF file, or is damaged or cut short"),
        ] {
            fs::write(file.path(), &whole[..length]).unwrap();
            let error = load(file.path(), "first").unwrap_err();
            assert!(error.starts_with(&format!("cannot open `{path}`: {expected}")), "{length}: {error}");
        }
        let error = load("/nowhere.gguf".as_ref(), "first").unwrap_err();
        assert!(error.starts_with("cannot open `/nowhere.gguf`: No such file"), "{error}");
    }
}
