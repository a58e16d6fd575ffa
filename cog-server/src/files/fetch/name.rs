//! What a fetched file is called here.
//!
//! The name comes from the network, so it is only ever a name: no separators, no control characters, not too long.

use std::path::Path;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::files::media_type;

/// The longest name, in bytes. As in Cog; file systems take 255.
const LONGEST: usize = 200;

/// Names the file at `url` after the last part of the URL's path, or after its content type.
pub(super) fn of(url: &Url, content_type: Option<&str>) -> String {
    let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    // As in a form, which Cog takes it for.
    let last = last.replace('+', " ");
    let decoded = percent_decode_str(&last).decode_utf8_lossy();
    let clean: String = decoded
        .chars()
        .map(|letter| if letter == '/' || letter.is_control() { '_' } else { letter })
        .collect();
    if !matches!(clean.as_str(), "" | "." | "..") {
        return shortened(clean);
    }
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    match media_type::extension(&media_type.to_ascii_lowercase()) {
        Some(extension) => format!("file.{extension}"),
        None => "file".to_owned(),
    }
}

/// Cuts a long name in the middle, so that it keeps its extension.
fn shortened(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let extension = Path::new(&name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let extension = if extension.len() > 20 { "" } else { extension };
    let ending = if extension.is_empty() { "~".to_owned() } else { format!("~.{extension}") };
    let stem = name.get(..name.floor_char_boundary(LONGEST - ending.len())).unwrap_or_default();
    format!("{stem}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_only_names() {
        let long = format!("http://h/{}.png", "é".repeat(300));
        let cases = [
            ("http://h/a/photo.png?size=1#x", None, "photo.png"),
            ("http://h/my%20photo.png", None, "my photo.png"),
            ("http://h/my+photo%2B.png", None, "my photo+.png"),
            ("http://h/..%2f..%2fetc%2fpasswd", None, ".._.._etc_passwd"),
            ("http://h/%2e%2e", None, "file"),
            ("http://h/a%00b", None, "a_b"),
            ("http://h/", Some("image/png; charset=x"), "file.png"),
            ("http://h", Some("Image/JPEG"), "file.jpg"),
            ("http://h/", None, "file"),
            ("http://h/%ff.png", None, "\u{fffd}.png"),
        ];
        for (url, content_type, expected) in cases {
            assert_eq!(of(&Url::parse(url).unwrap(), content_type), expected, "{url}");
        }
        let name = of(&Url::parse(&long).unwrap(), None);
        assert!(name.len() <= LONGEST && name.ends_with("é~.png"), "{name}");
    }
}
