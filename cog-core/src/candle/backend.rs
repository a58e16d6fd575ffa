//! From files of tensors to candle's `VarBuilder`, with errors that name the tensor and the file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Error as CandleError, Result as CandleResult, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;

/// An open file of tensors.
pub(super) trait TensorFile: Send + Sync {
    fn path(&self) -> &Path;

    /// The names of all tensors.
    fn names(&self) -> Vec<String>;

    /// Brings a tensor to the device. Asked for names that it has only; the error need not tell the name or the file.
    fn read(&self, name: &str, device: &Device) -> CandleResult<Tensor>;
}

/// The tensors of one file, or of several.
pub(super) struct Backend {
    /// What was opened, for messages.
    path: PathBuf,
    files: Vec<Box<dyn TensorFile>>,
    /// Which of the files has a tensor.
    places: HashMap<String, usize>,
}

impl Backend {
    pub(super) fn new(path: &Path, files: Vec<Box<dyn TensorFile>>) -> Self {
        let names = files
            .iter()
            .enumerate()
            .flat_map(|(place, file)| file.names().into_iter().map(move |name| (name, place)));
        Self { path: path.to_owned(), places: names.collect(), files }
    }

    fn read(&self, name: &str, shape: Option<&Shape>, dtype: DType, device: &Device) -> CandleResult<Tensor> {
        let Some(file) = self.places.get(name).and_then(|place| self.files.get(*place)) else {
            return Err(CandleError::Msg(format!(
                "there is no tensor `{name}` in `{}`: these are the weights of another model",
                self.path.display()
            )));
        };
        let tensor = file
            .read(name, device)
            .map_err(|error| error.context(format!("cannot load `{name}` of `{}`", file.path().display())))?;
        match shape {
            Some(shape) if tensor.shape() != shape => Err(CandleError::Msg(format!(
                "the tensor `{name}` in `{}` has the shape {:?}, and the model needs {shape:?}: these are the weights of another model",
                file.path().display(),
                tensor.shape()
            ))),
            _ => tensor.to_dtype(dtype),
        }
    }
}

impl SimpleBackend for Backend {
    fn get(
        &self,
        shape: Shape,
        name: &str,
        _: candle_nn::Init,
        dtype: DType,
        device: &Device,
    ) -> CandleResult<Tensor> {
        self.read(name, Some(&shape), dtype, device)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> CandleResult<Tensor> {
        self.read(name, None, dtype, device)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }
}
