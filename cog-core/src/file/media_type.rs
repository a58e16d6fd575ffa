//! What kind of content a file has: by its first bytes, else by its name.

use std::path::Path;

/// The media type of everything that is not known to be anything else.
pub const UNKNOWN: &str = "application/octet-stream";

/// Tells the media type of a file called `name` that starts with `content`.
///
/// Content decides where it has a signature. Text formats have none, so for these the extension decides; it also decides among the
/// formats that are all zip archives inside, such as `.docx`.
#[must_use]
pub fn of(name: &Path, content: &[u8]) -> String {
    let by_name = mime_guess::from_path(name).first_raw();
    match infer::get(content).map(|kind| kind.mime_type()) {
        Some("application/zip") => by_name.unwrap_or("application/zip").to_owned(),
        Some(by_content) => by_content.to_owned(),
        None => by_name.unwrap_or(UNKNOWN).to_owned(),
    }
}

/// Tells the usual extension of a media type.
///
/// ```
/// assert_eq!(cog_core::media_type::extension("image/jpeg"), Some("jpg"));
/// assert_eq!(cog_core::media_type::extension("application/octet-stream"), None);
/// ```
#[must_use]
pub fn extension(media_type: &str) -> Option<&'static str> {
    // Several extensions share these types; the list of the crate would give a rare one first.
    match media_type {
        "text/plain" => Some("txt"),
        "image/jpeg" => Some("jpg"),
        "audio/mpeg" => Some("mp3"),
        "video/mp4" => Some("mp4"),
        "text/html" => Some("html"),
        "image/tiff" => Some("tiff"),
        "audio/x-wav" | "audio/wav" | "audio/wave" => Some("wav"),
        "application/octet-stream" => None,
        _ => mime_guess::get_mime_extensions_str(media_type)?.first().copied(),
    }
}
