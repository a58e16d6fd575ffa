//! One question to a server: for a file, or for a part of one.
//!
//! Redirects are followed by hand. What the hub tells of a file stands in the reply that redirects, and its token is for the hub alone.

use std::ops::Range;

use cog_core::{Sha256, Weights};
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE,
    TRANSFER_ENCODING,
};
use reqwest::{Client, Response, StatusCode, redirect};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Again, Fault, Store, StoreConfig};
use crate::{files, tls};

const MAX_REDIRECTS: usize = 10;

/// What the server tells of which of its versions a file is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Version {
    etag: Option<String>,
    modified: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Question<'a> {
    pub(super) source: &'a Weights,
    pub(super) url: Url,
    /// Which part; the whole file if `None`.
    pub(super) range: Option<Range<u64>>,
    /// Of which version; of any if `None`.
    pub(super) version: Option<Version>,
}

/// A server's reply, of which only the head has been read.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) response: Response,
    /// Where it came from, after all redirects.
    pub(super) url: Url,
    /// The digest of the whole file, if the hub told it on the way.
    pub(super) sha256: Option<Sha256>,
}

/// What a reply holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Part {
        range: Range<u64>,
        total: u64,
    },
    /// All of it, and how much that is.
    Whole(Option<u64>),
    /// Nothing, as the file has no such part.
    Nothing,
}

impl Version {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name)?.to_str().ok().map(str::to_owned);
        // A weak tag is that of files that are alike, and does not say that they are the same.
        let etag = text(ETAG).filter(|tag| !tag.starts_with("W/"));
        Self { modified: text(LAST_MODIFIED).filter(|_| etag.is_none()), etag }
    }

    /// Whether two versions can be told apart at all.
    pub(super) const fn is_known(&self) -> bool {
        self.etag.is_some() || self.modified.is_some()
    }

    fn condition(&self) -> Option<&str> {
        self.etag.as_deref().or(self.modified.as_deref())
    }
}

impl Question<'_> {
    /// Asks, wherever redirects lead. Nothing but success and "no such part" is a reply.
    pub(super) async fn ask(&self, store: &Store) -> Result<Reply, Fault> {
        let hub = &store.config.hub;
        let mut url = self.url.clone();
        let mut sha256 = None;
        for _ in 0..=MAX_REDIRECTS {
            let mut request = store.client()?.get(url.clone()).header(ACCEPT_ENCODING, "identity");
            if let Some(range) = &self.range {
                request =
                    request.header(RANGE, format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
                if let Some(condition) = self.version.as_ref().and_then(Version::condition) {
                    request = request.header(IF_RANGE, condition);
                }
            }
            if let Some(token) = hub.token_for(&url) {
                request = request.bearer_auth(token);
            }
            let host = url.host_str().unwrap_or_default().to_owned();
            let response = request.send().await.map_err(|error| Fault::broken(&host, &error))?;
            let (status, headers) = (response.status(), response.headers());
            sha256 = sha256.or_else(|| hub.sha256(self.source, &url, headers));
            match status {
                StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                    return Ok(Reply { response, url, sha256 });
                }
                _ => {}
            }
            url = match redirected(&url, status, headers) {
                Some(next) => next?,
                None => {
                    let shown = Weights::Url(url);
                    let again = Fault::again_after(status.as_u16(), headers);
                    let remedy = hub.remedy(self.source, status.as_u16());
                    return Err(Fault::new(format!("`{shown}` answered {status}{remedy}"), again));
                }
            };
        }
        Err(Fault::new(format!("it was redirected more than {MAX_REDIRECTS} times"), Again::Never))
    }
}

impl Reply {
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(super) fn version(&self) -> Version {
        Version::of(self.response.headers())
    }

    /// Whether the end of it can be told from a cut.
    pub(super) fn has_end(&self) -> bool {
        self.response.content_length().is_some() || self.response.headers().contains_key(TRANSFER_ENCODING)
    }

    /// Waits for more of the body; `None` at its end.
    pub(super) async fn next(&mut self) -> Result<Option<bytes::Bytes>, Fault> {
        let read = self.response.chunk().await;
        read.map_err(|error| Fault::broken(self.host(), &error))
    }

    pub(super) fn extent(&self) -> Result<Extent, Fault> {
        match self.response.status() {
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(Extent::Nothing),
            StatusCode::PARTIAL_CONTENT => {
                let told = self.response.headers().get(CONTENT_RANGE);
                told.and_then(|value| value.to_str().ok()).and_then(part).ok_or_else(|| {
                    Fault::new(format!("`{}` sends a part and does not say which", self.host()), Again::Never)
                })
            }
            _ => Ok(Extent::Whole(self.response.content_length())),
        }
    }
}

/// Reads `bytes 0-9/100`.
fn part(text: &str) -> Option<Extent> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, total): (u64, u64, u64) =
        (first.parse().ok()?, last.parse().ok()?, total.parse().ok()?);
    (first <= last && last < total).then(|| Extent::Part { range: first..last + 1, total })
}

/// Where a reply sends us, if it does.
fn redirected(url: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Result<Url, Fault>> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let next = url.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    let is_allowed = match next.scheme() {
        "https" => true,
        // Whoever is asked over TLS must not be answered without.
        "http" => url.scheme() == "http",
        _ => false,
    };
    Some(is_allowed.then_some(next.clone()).ok_or_else(|| {
        let (from, to) = (Weights::Url(url.clone()), Weights::Url(next));
        Fault::new(format!("`{from}` leads to `{to}`, which is not followed"), Again::Never)
    }))
}

pub(super) fn client(config: &StoreConfig) -> anyhow::Result<Client> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls::client()?)
        .user_agent(concat!("cog-server/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(config.connect_timeout)
        .read_timeout(config.stall_timeout)
        .redirect(redirect::Policy::none())
        // Those of the environment are given below, as it has been read.
        .no_proxy();
    for proxy in files::proxies(&config.proxies)? {
        builder = builder.proxy(proxy);
    }
    Ok(builder.build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_part_a_reply_is() {
        let is = |range: Range<u64>, total| Some(Extent::Part { range, total });
        for (text, expected) in [
            ("bytes 0-9/100", is(0..10, 100)),
            (" bytes 99-99/100 ", is(99..100, 100)),
            ("bytes 0-100/100", None),
            ("bytes 9-8/100", None),
            ("bytes 0-9/*", None),
            ("bytes */100", None),
            ("bytes -1-9/100", None),
            ("items 0-9/100", None),
            ("bytes 0-18446744073709551615/18446744073709551615", None),
            ("", None),
        ] {
            assert_eq!(part(text), expected, "{text}");
        }
    }

    #[test]
    fn a_weak_tag_says_nothing() {
        let headers = |pairs: &[(&'static str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect::<HeaderMap>()
        };
        for (pairs, condition) in [
            (&[("etag", "\"a\""), ("last-modified", "then")][..], Some("\"a\"")),
            (&[("etag", "W/\"a\""), ("last-modified", "then")], Some("then")),
            (&[("etag", "W/\"a\"")], None),
            (&[], None),
        ] {
            let version = Version::of(&headers(pairs));
            assert_eq!((version.condition(), version.is_known()), (condition, condition.is_some()));
        }
    }
}
