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
    let content = match plain_base64(url) {
        Some(content) => content,
        None => {
            let (content, fragment) = parsed.decode_to_vec().map_err(|_| DataUrlError::Base64)?;
            // A `#` in base64 is a broken transfer, not a fragment.
            if fragment.is_some() && url.contains(";base64,") {
                return Err(DataUrlError::Base64);
            }
            content
        }
    };
    let mime = parsed.mime_type();
    let extension = media_type::extension(&format!("{}/{}", mime.type_, mime.subtype));
    Ok(Decoded {
        content,
        name: extension.map_or_else(|| "file".to_owned(), |extension| format!("file.{extension}")),
    })
}

/// Decodes what nearly every URL is, several times as fast as what an URL may be: base64 with all its padding and nothing in between.
fn plain_base64(url: &str) -> Option<Vec<u8>> {
    let (head, body) = url.split_once(',')?;
    if head.ends_with(";base64") { STANDARD.decode(body).ok() } else { None }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is decoded quickly is what the standard says, and everything else still goes the long way.
    #[test]
    fn base64_is_read_however_it_is_written() {
        for (url, content, is_plain) in [
            ("data:;base64,", "", true),
            ("data:text/plain;base64,b25l", "one", true),
            ("data:text/plain;base64,b25lIQ==", "one!", true),
            ("data:text/plain;base64,b25lIQ", "one!", false),
            ("data:text/plain;base64, b25s\nIQ== ", "onl!", false),
            ("data:text/plain;base64,b25lIQ%3D%3D", "one!", false),
            ("data:text/plain; BASE64 ,b25l", "one", false),
            ("data:text/plain,b25l", "b25l", false),
            ("data:,;base64,b25l", ";base64,b25l", false),
        ] {
            assert_eq!(decode(url).unwrap().content, content.as_bytes(), "{url}");
            assert_eq!(plain_base64(url).is_some(), is_plain, "{url}");
        }
    }
}
