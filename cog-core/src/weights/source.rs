//! What names weights.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use super::{HubFile, Sha256};

/// Where a model's weights are.
///
/// It is shown without what may be secret in an URL: user, password, query and fragment.
///
/// ```
/// use cog_core::Weights;
///
/// assert!(matches!("https://example.com/w.safetensors".parse(), Ok(Weights::Url(_))));
/// assert!(matches!("hf://owner/repo@main/w.safetensors".parse(), Ok(Weights::Hub(_))));
/// assert!(matches!("weights/w.safetensors".parse(), Ok(Weights::Path(_))));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Weights {
    /// A file or directory on this machine.
    Path(PathBuf),
    /// An URL. Who can fetch it depends on its scheme: `http:` and `https:` are what a server knows.
    Url(Url),
    /// A file of a model hub.
    Hub(HubFile),
}

impl Weights {
    /// The file called `name` in the same directory: within a directory of weights, beside a file of them.
    ///
    /// A path that is not there counts as a directory if it has no extension, an URL if it ends in a slash.
    ///
    /// ```
    /// use cog_core::Weights;
    ///
    /// let weights: Weights = "hf://owner/repo@v1.0/onnx/model.safetensors".parse()?;
    /// assert_eq!(weights.file("config.json").to_string(), "hf://owner/repo@v1.0/onnx/config.json");
    /// # Ok::<(), cog_core::WeightsError>(())
    /// ```
    #[must_use]
    pub fn file(&self, name: &str) -> Self {
        match self {
            Self::Path(path) if path.is_dir() || path.extension().is_none() => Self::Path(path.join(name)),
            Self::Path(path) => Self::Path(path.with_file_name(name)),
            Self::Url(url) => {
                let mut url = url.clone();
                if let Ok(mut segments) = url.path_segments_mut() {
                    segments.pop().push(name);
                }
                Self::Url(url)
            }
            Self::Hub(file) => Self::Hub(file.beside(name)),
        }
    }
}

/// Weights that have a name, by which `setup` asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedWeights {
    /// What they are called.
    pub name: String,
    /// Where they are.
    pub source: Weights,
    /// What their content has to be, if that is known.
    pub sha256: Option<Sha256>,
}

impl NamedWeights {
    /// Weights called `name`, of which no digest is known.
    #[must_use]
    pub fn new(name: impl Into<String>, source: Weights) -> Self {
        Self { name: name.into(), source, sha256: None }
    }

    /// The same, if their content has this digest.
    #[must_use]
    pub fn with_sha256(self, sha256: Option<Sha256>) -> Self {
        Self { sha256, ..self }
    }
}

/// A text that names no weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no weights: {reason}")]
pub struct WeightsError {
    text: String,
    reason: String,
}

impl FromStr for Weights {
    type Err = WeightsError;

    /// Takes what has a scheme followed by `://` for an URL, and everything else for a path. `~/` is the home directory.
    fn from_str(text: &str) -> Result<Self, WeightsError> {
        let error = |reason: String| WeightsError { text: without_secrets(text), reason };
        if text.trim().is_empty() {
            return Err(error(
                "it is empty; write a path, an URL or `hf://owner/repo@revision/file`".to_owned(),
            ));
        }
        if let Some(rest) = text.strip_prefix("hf://") {
            return HubFile::parse(rest).map(Self::Hub).map_err(error);
        }
        if text.contains("://") {
            return Url::parse(text).map(Self::Url).map_err(|reason| error(reason.to_string()));
        }
        let in_home = text.strip_prefix("~/").and_then(|rest| Some(std::env::home_dir()?.join(rest)));
        Ok(Self::Path(in_home.unwrap_or_else(|| text.into())))
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "{}", path.display()),
            Self::Url(url) => formatter.write_str(&without_secrets(url.as_str())),
            Self::Hub(file) => write!(formatter, "{file}"),
        }
    }
}

impl fmt::Debug for Weights {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Weights({self})")
    }
}

/// A text that is or looks like an URL, without user, password, query and fragment.
fn without_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}
