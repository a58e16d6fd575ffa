//! The URL that a file is uploaded to, and the URL that it has then.

use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

/// Everything that has a meaning in some URL, or for some server.
const NOT_A_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The URL below which files are uploaded.
#[derive(Clone, Debug)]
pub(crate) struct UploadUrl(Url);

/// Why a text is no such URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidUploadUrl {
    #[error("not an URL: {0}")]
    Url(#[from] url::ParseError),
    #[error("not an `http:` or `https:` URL")]
    Scheme,
}

impl FromStr for UploadUrl {
    type Err = InvalidUploadUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUploadUrl> {
        let url = Url::parse(text)?;
        if is_web(&url) { Ok(Self(url)) } else { Err(InvalidUploadUrl::Scheme) }
    }
}

impl UploadUrl {
    /// The URL to upload the file called `name` to. A query, such as a signature, stays what it is.
    pub(super) fn of(&self, name: &str) -> Url {
        let mut url = self.0.clone();
        let path = url.path();
        // Not by `push`, which leaves line ends out: two names could become one, or `..`.
        let path =
            format!("{}/{}", path.strip_suffix('/').unwrap_or(path), utf8_percent_encode(name, NOT_A_NAME));
        url.set_path(&path);
        url
    }
}

/// Where a reply sends the client on to.
pub(super) fn redirected(from: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    location(from, headers).filter(is_web)
}

/// The URL of what was uploaded to `url`: the one that the reply names, or else that one. Without query, which may be a signature.
pub(super) fn published(url: &Url, headers: &HeaderMap) -> String {
    let mut requested = url.clone();
    // Neither can fail for a web URL.
    let _ = requested.set_username("");
    let _ = requested.set_password(None);
    let mut published = location(&requested, headers).unwrap_or(requested);
    published.set_query(None);
    published.into()
}

fn location(from: &Url, headers: &HeaderMap) -> Option<Url> {
    let location = std::str::from_utf8(headers.get(LOCATION)?.as_bytes()).ok()?;
    from.join(location).ok()
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_the_path_and_a_query_stays_behind_it() {
        for (base, name, expected) in [
            ("http://h", "a.png", "http://h/a.png"),
            ("http://h/up", "a.png", "http://h/up/a.png"),
            ("http://h/up/", "a.png", "http://h/up/a.png"),
            ("https://h/up/?sig=z%2Fz", "a.png", "https://h/up/a.png?sig=z%2Fz"),
            ("https://h/up?sig=zz", "a.png", "https://h/up/a.png?sig=zz"),
            ("http://h/up", "a b?c#d/e%2f.png", "http://h/up/a%20b%3Fc%23d%2Fe%252f.png"),
            ("http://h/up", "\u{e9}\n.png", "http://h/up/%C3%A9%0A.png"),
            ("http://h/up", "%2e%2e", "http://h/up/%252e%252e"),
            ("http://h/up", "a\\b+c", "http://h/up/a%5Cb%2Bc"),
            ("http://h/up//", ".\n.", "http://h/up//.%0A."),
            ("http://h/a%20b/", "c", "http://h/a%20b/c"),
        ] {
            let base: UploadUrl = base.parse().unwrap();
            assert_eq!(base.of(name).as_str(), expected, "{name}");
        }
    }

    #[test]
    fn the_published_url_is_the_one_that_the_reply_names_without_its_query() {
        for (location, expected) in [
            (None, "http://h/up/a.png"),
            (Some("https://cdn/x/a.png?sig=secret#page"), "https://cdn/x/a.png#page"),
            (Some("/x/a.png"), "http://h/x/a.png"),
            (Some("b.png?x"), "http://h/up/b.png"),
            (Some("//cdn/a.png"), "http://cdn/a.png"),
            (Some("http://["), "http://h/up/a.png"),
        ] {
            let location = location.map(|location| (LOCATION, location.parse().unwrap()));
            let headers = HeaderMap::from_iter(location);
            let url = Url::parse("http://user:password@h/up/a.png?sig=zz").unwrap();
            assert_eq!(published(&url, &headers), expected);
        }
    }

    #[test]
    fn only_web_urls_are_taken() {
        for (text, fault) in [
            ("up", "not an URL: relative URL without a base"),
            ("http://", "not an URL: empty host"),
            ("file:///tmp", "not an `http:` or `https:` URL"),
            ("s3://bucket/x", "not an `http:` or `https:` URL"),
        ] {
            assert_eq!(text.parse::<UploadUrl>().unwrap_err().to_string(), fault);
        }
    }
}
