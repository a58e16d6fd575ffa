//! `data:` URLs: reading those of inputs, writing those of outputs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_url::DataUrl;

use super::media_type;

/// What a `data:` URL holds, and the file name that its media type suggests.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) content: Vec<u8>,
    pub(crate) name: String,
}

/// A `data:` URL that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DataUrlError {
    #[error("not a data URL: it has no comma")]
    NoComma,
    #[error("the data URL's base64 is broken")]
    Base64,
}

/// Reads a `data:` URL (RFC 2397). Its scheme has been checked.
pub(crate) fn decode(url: &str) -> Result<Decoded, DataUrlError> {
    let parsed = DataUrl::process(url).map_err(|_| DataUrlError::NoComma)?;
    let (content, fragment) = parsed.decode_to_vec().map_err(|_| DataUrlError::Base64)?;
    // A `#` in base64 is a broken transfer, not a fragment.
    if fragment.is_some() && url.contains(";base64,") {
        return Err(DataUrlError::Base64);
    }
    let mime = parsed.mime_type();
    let extension = media_type::extension(&format!("{}/{}", mime.type_, mime.subtype));
    Ok(Decoded {
        content,
        name: extension.map_or_else(|| "file".to_owned(), |extension| format!("file.{extension}")),
    })
}

/// Writes `content` as a `data:` URL.
pub(crate) fn encode(media_type: &str, content: &[u8]) -> String {
    let mut url =
        String::with_capacity("data:;base64,".len() + media_type.len() + content.len().div_ceil(3) * 4);
    url.push_str("data:");
    url.push_str(media_type);
    url.push_str(";base64,");
    STANDARD.encode_string(content, &mut url);
    url
}
