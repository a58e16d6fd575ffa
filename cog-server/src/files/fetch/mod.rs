//! Fetching `http:` and `https:` URLs.
//!
//! Every fetch is bounded in size, time and redirects. An address is checked where it is connected to, after the name has been looked
//! up and again for each redirect, so a name that changes its address in between gains nothing.

mod guard;
mod name;
mod partial;

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cog_core::{Fetch, FetchError, FetchRequest, async_trait};
use reqwest::redirect::{self, Attempt};
use reqwest::{Client, Response};
use url::Url;

use self::guard::{Guard, Refused};
use self::partial::Partial;
use super::proxies;
use crate::env::Proxies;
use crate::tls;

/// What a fetch may cost, and whom it may talk to.
#[derive(Clone, Debug)]
pub(crate) struct FetchConfig {
    /// Whether addresses that are not public may be connected to.
    pub(crate) allows_private_addresses: bool,
    pub(crate) proxies: Proxies,
    pub(crate) user_agent: String,
    /// The largest file, in bytes.
    pub(crate) max_bytes: u64,
    pub(crate) max_redirects: usize,
    pub(crate) connect_timeout: Duration,
    /// How long the other side may say nothing.
    pub(crate) read_timeout: Duration,
    /// How long one file may take in all.
    pub(crate) total_timeout: Duration,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            allows_private_addresses: false,
            proxies: Proxies::default(),
            user_agent: concat!("cog-server/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_bytes: 4 << 30,
            max_redirects: 10,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(1800),
        }
    }
}

/// How much of an URL is repeated in a message, in bytes.
const LONGEST_SHOWN: usize = 300;

/// Fetches files over HTTP.
#[derive(Debug)]
pub(crate) struct HttpFetch {
    config: FetchConfig,
    guard: Arc<Guard>,
    /// Made for the first file: most models never fetch one, and it loads the system's certificates.
    client: OnceLock<Client>,
}

impl HttpFetch {
    pub(crate) fn new(config: FetchConfig) -> Self {
        let guard = Arc::new(Guard::new(config.allows_private_addresses, &config.proxies));
        Self { config, guard, client: OnceLock::new() }
    }

    fn client(&self) -> Result<&Client, FetchError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = build(&self.config, &self.guard)
            .map_err(|error| FetchError::new("the server cannot fetch files").caused_by(error))?;
        Ok(self.client.get_or_init(|| client))
    }

    async fn get(&self, url: &Url) -> Result<Response, FetchError> {
        self.guard.check(url).map_err(FetchError::new)?;
        let response =
            self.client()?.get(url.clone()).send().await.map_err(|error| self.describe(url, error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        // Cog's words, which are those of Python's `requests`.
        let side = match status.as_u16() {
            400..500 => " Client Error:",
            500.. => " Server Error:",
            // A redirect to nowhere, or something yet unheard of.
            _ => "",
        };
        let (code, reason) = (status.as_u16(), status.canonical_reason().unwrap_or("Unknown"));
        Err(FetchError::new(format!("{code}{side} {reason} for url: {}", shown(response.url()))))
    }

    async fn save(&self, request: FetchRequest<'_>, url: &Url) -> Result<PathBuf, FetchError> {
        let mut response = self.get(url).await?;
        let too_large =
            || FetchError::new(format!("{} is larger than {} bytes", shown(url), self.config.max_bytes));
        let announced = response.content_length();
        if announced.is_some_and(|length| length > self.config.max_bytes) {
            return Err(too_large());
        }
        let content_type = response.headers().get(reqwest::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let path = request.directory.join(name::of(url, content_type));

        let storage = |error: std::io::Error| FetchError::new(format_args!("cannot store the file: {error}"));
        let mut file = Partial::create(path).map_err(storage)?;
        let mut size: u64 = 0;
        while let Some(chunk) = response.chunk().await.map_err(|error| {
            if error.is_timeout() {
                return self.describe(url, error);
            }
            let of = announced.map_or_else(String::new, |length| format!(" of {length}"));
            FetchError::new(format!("the connection broke off after {size}{of} bytes of {}", shown(url)))
                .caused_by(error)
        })? {
            size += chunk.len() as u64;
            if size > self.config.max_bytes {
                return Err(too_large());
            }
            file.append(&chunk).map_err(storage)?;
        }
        Ok(file.keep())
    }

    /// Says what went wrong in words for the client, and keeps the rest for the log.
    fn describe(&self, url: &Url, error: reqwest::Error) -> FetchError {
        if let Some(refused) = cause::<Refused>(&error) {
            return FetchError::new(refused);
        }
        let place = shown(error.url().unwrap_or(url));
        let message = if error.is_redirect() {
            format!("{place} was redirected more than {} times", self.config.max_redirects)
        } else if error.is_timeout() {
            format!("timed out fetching {place}")
        } else if error.is_connect() {
            format!("could not connect to fetch {place}")
        } else {
            format!("could not fetch {place}")
        };
        FetchError::new(message).caused_by(error)
    }
}

#[async_trait]
impl Fetch for HttpFetch {
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<PathBuf, FetchError> {
        let url = Url::parse(request.url).map_err(|error| FetchError::new(format!("not an URL: {error}")))?;
        match tokio::time::timeout(self.config.total_timeout, self.save(request, &url)).await {
            Ok(saved) => saved,
            Err(_) => {
                let limit = self.config.total_timeout;
                Err(FetchError::new(format!("fetching {} took longer than {limit:?}", shown(&url))))
            }
        }
    }
}

fn build(config: &FetchConfig, guard: &Arc<Guard>) -> anyhow::Result<Client> {
    let max_redirects = config.max_redirects;
    let follow = {
        let guard = Arc::clone(guard);
        move |attempt: Attempt<'_>| {
            if attempt.previous().len() > max_redirects {
                return attempt.error("too many redirects");
            }
            match guard.check(attempt.url()) {
                Ok(()) => attempt.follow(),
                Err(refused) => attempt.error(refused),
            }
        }
    };
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls::client()?)
        .user_agent(&config.user_agent)
        .connect_timeout(config.connect_timeout)
        .read_timeout(config.read_timeout)
        .redirect(redirect::Policy::custom(follow))
        // It would tell the next server the URL that led there, signature and all.
        .referer(false)
        // Those of the environment are given below, so that the guard knows them.
        .no_proxy()
        .dns_resolver(Arc::clone(guard));
    for proxy in proxies::of(&config.proxies)? {
        builder = builder.proxy(proxy);
    }
    Ok(builder.build()?)
}

/// What the file at `url` is called.
pub(crate) fn name_of(url: &Url) -> String {
    name::of(url, None)
}

/// An URL without what may be secret in it: user, password, query and fragment.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // Neither can fail for the schemes that come here.
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.set_fragment(None);
    let mut shown = String::from(shown);
    if shown.len() > LONGEST_SHOWN {
        shown.truncate(shown.floor_char_boundary(LONGEST_SHOWN));
        shown.push_str("...");
    }
    shown
}

/// Finds an `E` among the causes of an error.
fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests;
