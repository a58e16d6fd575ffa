//! What the content of a file has to be.

use std::fmt::{self, Write as _};
use std::str::FromStr;

/// A SHA-256 digest. It is compared here and computed elsewhere.
///
/// ```
/// use cog_core::Sha256;
///
/// let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(text.parse::<Sha256>()?.to_string(), text);
/// assert!("e3b0".parse::<Sha256>().is_err());
/// # Ok::<(), cog_core::Sha256Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

/// A text that is no SHA-256 digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sha256, which has 64 hexadecimal digits")]
#[non_exhaustive]
pub struct Sha256Error;

impl From<[u8; 32]> for Sha256 {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl FromStr for Sha256 {
    type Err = Sha256Error;

    fn from_str(text: &str) -> Result<Self, Sha256Error> {
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(Sha256Error);
        }
        let mut digest = [0; 32];
        for (byte, place) in digest.iter_mut().zip((0..64).step_by(2)) {
            let digits = text.get(place..place + 2).ok_or(Sha256Error)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| Sha256Error)?;
        }
        Ok(Self(digest))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            write!(text, "{byte:02x}")?;
        }
        formatter.pad(&text)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sha256({self})")
    }
}
