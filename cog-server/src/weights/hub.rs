//! The model hub: where its files are, and what it tells of them.
//!
//! The token goes to the hub itself and to nobody whom it sends us to.

use std::fmt;

use cog_core::{HubFile, Sha256, Weights};
use reqwest::header::HeaderMap;
use url::Url;

use super::{Again, Fault};

/// Whom to ask for files of a hub.
#[derive(Clone)]
pub(crate) struct Hub {
    endpoint: String,
    token: Option<String>,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(None, None)
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Hub").finish_non_exhaustive()
    }
}

impl Hub {
    pub(crate) fn new(endpoint: Option<String>, token: Option<String>) -> Self {
        Self { endpoint: endpoint.unwrap_or_else(|| "https://huggingface.co".to_owned()), token }
    }

    /// Where the first request for `source` goes.
    pub(super) fn resolve(&self, source: &Weights) -> Result<Url, Fault> {
        match source {
            Weights::Url(url) => Ok(url.clone()),
            Weights::Hub(file) => self.url(file),
            _ => Err(Fault::new("it is no URL", Again::Never)),
        }
    }

    /// The token, if it may be told to the server of `url`.
    pub(super) fn token_for(&self, url: &Url) -> Option<&str> {
        let is_ours = self.endpoint().is_some_and(|endpoint| endpoint.origin() == url.origin());
        self.token.as_deref().filter(|_| is_ours)
    }

    /// The sha256 of the file that a reply from `url` is about, if the hub tells it. Files that it does not keep in its large storage
    /// have another sort of tag.
    pub(super) fn sha256(&self, source: &Weights, url: &Url, headers: &HeaderMap) -> Option<Sha256> {
        let is_ours = self.endpoint().is_some_and(|endpoint| endpoint.origin() == url.origin());
        if !is_ours || !matches!(source, Weights::Hub(_)) {
            return None;
        }
        headers.get("x-linked-etag")?.to_str().ok()?.trim_matches('"').parse().ok()
    }

    /// What to do about a refusal.
    pub(super) fn remedy(&self, source: &Weights, status: u16) -> &'static str {
        match (source, status, &self.token) {
            (Weights::Hub(_), 401 | 403, None) => "; set `HF_TOKEN` to a token that may read the repository",
            (Weights::Hub(_), 401 | 403, Some(_)) => "; the token in `HF_TOKEN` may not read the repository",
            (Weights::Hub(_), 404, _) => "; check the owner, the repository, the revision and the file",
            (_, 401 | 403, _) => "; the URL may have to be signed, or its signature may have run out",
            (_, 404 | 410, _) => "; check the URL",
            _ => "",
        }
    }

    fn url(&self, file: &HubFile) -> Result<Url, Fault> {
        let wrong = || Fault::new("`HF_ENDPOINT` is no `http:` or `https:` URL", Again::Never);
        let mut url = self.endpoint().ok_or_else(wrong)?;
        let revision = file.revision().replace("%2F", "/");
        let mut segments = url.path_segments_mut().map_err(|()| wrong())?;
        segments.pop_if_empty().extend([file.owner(), file.repo(), "resolve", &revision]);
        segments.extend(file.file().split('/'));
        drop(segments);
        Ok(url)
    }

    fn endpoint(&self) -> Option<Url> {
        Url::parse(&self.endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
    }
}
