//! Which device a model is wished to run on. What there is, and what is taken, the model finds out.

use std::fmt;
use std::str::FromStr;

/// The device that whoever runs a model wants it on (`COG_DEVICE`).
///
/// ```
/// use cog_core::DevicePreference;
///
/// assert_eq!("cuda:1".parse(), Ok(DevicePreference::Cuda(1)));
/// assert_eq!("cuda".parse(), Ok(DevicePreference::Cuda(0)));
/// assert!("gpu".parse::<DevicePreference>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DevicePreference {
    /// CUDA where there is any, or else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of this number.
    Cuda(usize),
    /// The GPU of an Apple machine.
    Metal,
}

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no device: it is `auto`, `cpu`, `cuda`, `cuda:` and a number, or `metal`")]
pub struct DevicePreferenceError(String);

impl FromStr for DevicePreference {
    type Err = DevicePreferenceError;

    fn from_str(text: &str) -> Result<Self, DevicePreferenceError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            other => other
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| DevicePreferenceError(text.to_owned())),
        }
    }
}

impl fmt::Display for DevicePreference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::Cuda(number) => write!(formatter, "cuda:{number}"),
            Self::Metal => formatter.write_str("metal"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DevicePreference::{Auto, Cpu, Cuda, Metal};
    use super::*;

    #[test]
    fn a_word_names_a_device() {
        for (text, device) in [
            ("auto", Auto),
            (" CPU ", Cpu),
            ("cuda", Cuda(0)),
            ("cuda:0", Cuda(0)),
            ("Cuda:12", Cuda(12)),
            ("metal", Metal),
        ] {
            assert_eq!(text.parse(), Ok(device), "{text}");
            assert_eq!(device.to_string().parse(), Ok(device), "{text}");
        }
    }

    #[test]
    fn other_words_do_not() {
        for text in ["", "gpu", "cuda0", "cuda:", "cuda:-1", "cuda:x", "metal:0"] {
            assert_eq!(text.parse::<DevicePreference>(), Err(DevicePreferenceError(text.to_owned())));
        }
    }
}
