//! Uploading files of outputs with `PUT`.
//!
//! Each file is streamed from where it is, followed through redirects, and tried again where that may help. Every attempt is bounded by
//! the time that nothing moves, the whole by a time of its own. The target is the operator's choice, so its address is not judged; but it
//! may be signed, so no part of it is in a message to a client, and its query is not in the URL that clients get.

mod body;
mod target;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cog_core::{Publish, PublishError, PublishRequest, async_trait};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use tokio::sync::Notify;
use url::Url;

pub(crate) use self::target::UploadUrl;
use super::proxies;
use crate::env::Proxies;
use crate::{retry, tls};

/// The longest time that a target may ask us to wait.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Where files go, and how much patience there is.
#[derive(Clone, Debug)]
pub(crate) struct UploadConfig {
    pub(crate) url: UploadUrl,
    pub(crate) proxies: Proxies,
    pub(crate) max_redirects: usize,
    pub(crate) retries: u32,
    /// The delay before the first retry; it doubles from then on.
    pub(crate) first_delay: Duration,
    pub(crate) connect_timeout: Duration,
    /// How long an attempt may go without a part of the file being taken, or a reply.
    pub(crate) stall_timeout: Duration,
    /// How long one file may take, with all attempts.
    pub(crate) total_timeout: Duration,
}

impl UploadConfig {
    pub(crate) fn new(url: UploadUrl, proxies: Proxies) -> Self {
        Self {
            url,
            proxies,
            max_redirects: 10,
            retries: 5,
            first_delay: Duration::from_millis(200),
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(25),
            total_timeout: Duration::from_secs(1800),
        }
    }
}

/// Publishes files by uploading them.
#[derive(Debug)]
pub(crate) struct HttpPublish {
    config: UploadConfig,
    /// Made for the first file, as it loads the system's certificates.
    client: OnceLock<Client>,
}

/// Why an attempt has failed, and whether another may succeed.
#[derive(Debug)]
struct Failure {
    error: PublishError,
    again: Again,
}

#[derive(Clone, Copy, Debug)]
enum Again {
    Never,
    /// After the usual delay.
    Later,
    /// After the time that the target has asked for.
    After(Duration),
}

impl HttpPublish {
    pub(crate) const fn new(config: UploadConfig) -> Self {
        Self { config, client: OnceLock::new() }
    }

    async fn upload(&self, request: PublishRequest<'_>) -> Result<String, PublishError> {
        let mut delay = self.config.first_delay;
        for _ in 0..self.config.retries {
            let Failure { error, again } = match self.attempt(request).await {
                Ok(url) => return Ok(url),
                Err(failure) => failure,
            };
            let wait = match again {
                Again::Never => return Err(error),
                Again::Later => delay,
                Again::After(asked) => asked.min(MAX_RETRY_AFTER),
            };
            let error = format!("{:#}", anyhow::Error::new(error));
            tracing::warn!(prediction_id = %request.prediction, name = request.name, error, "an upload is tried again");
            tokio::time::sleep(wait).await;
            delay *= 2;
        }
        self.attempt(request).await.map_err(|failure| failure.error)
    }

    /// Uploads the file once, wherever redirects lead.
    async fn attempt(&self, request: PublishRequest<'_>) -> Result<String, Failure> {
        let mut url = self.config.url.of(request.name);
        let mut method = Method::PUT;
        for _ in 0..=self.config.max_redirects {
            let response = self.send(&method, &url, request).await?;
            let (status, headers) = (response.status(), response.headers());
            if status.is_success() {
                return Ok(target::published(&url, headers));
            }
            let Some(next) = target::redirected(&url, status, headers) else {
                return Err(Failure::refused(&response));
            };
            if status == StatusCode::SEE_OTHER {
                // The file has been taken, and this is where to look for what came of it.
                method = Method::GET;
            }
            url = next;
        }
        let limit = self.config.max_redirects;
        Err(Failure::new(format!("upload was redirected more than {limit} times"), Again::Never))
    }

    /// Sends one request. The client could not send a streamed body to where it is redirected, so here is how one is made.
    async fn send(
        &self,
        method: &Method,
        url: &Url,
        request: PublishRequest<'_>,
    ) -> Result<Response, Failure> {
        let progress = Arc::new(Notify::new());
        let mut sending = self.client()?.request(method.clone(), url.clone());
        sending = sending.header("x-prediction-id", request.prediction.as_str());
        if *method == Method::PUT {
            let body = body::of(request.content, &progress).await;
            let body = body
                .map_err(|error| Failure::new("the file could not be read", Again::Never).caused_by(error))?;
            sending = sending.header(CONTENT_TYPE, request.media_type);
            sending = sending.header(CONTENT_LENGTH, request.size).body(body);
        }
        let limit = self.config.stall_timeout;
        match while_it_moves(limit, &progress, sending.send()).await {
            Some(sent) => sent.map_err(Failure::broken),
            None => Err(Failure::new(format!("upload made no progress for {limit:?}"), Again::Later)),
        }
    }

    fn client(&self) -> Result<&Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = build(&self.config)
            .map_err(|error| Failure::new("the server cannot upload files", Again::Never).caused_by(error))?;
        Ok(self.client.get_or_init(|| client))
    }
}

#[async_trait]
impl Publish for HttpPublish {
    async fn publish(&self, request: PublishRequest<'_>) -> Result<String, PublishError> {
        let limit = self.config.total_timeout;
        match tokio::time::timeout(limit, self.upload(request)).await {
            Ok(uploaded) => uploaded,
            Err(_) => Err(PublishError::new(format!("upload took longer than {limit:?}"))),
        }
    }
}

impl Failure {
    fn new(message: impl std::fmt::Display, again: Again) -> Self {
        Self { error: PublishError::new(message), again }
    }

    fn caused_by(self, cause: impl Into<anyhow::Error>) -> Self {
        Self { error: self.error.caused_by(cause), ..self }
    }

    /// The target has said no, in Cog's words.
    fn refused(response: &Response) -> Self {
        let status = response.status();
        let again = match status.as_u16() {
            408 | 429 | 500.. => retry::after(response.headers()).map_or(Again::Later, Again::After),
            _ => Again::Never,
        };
        Self::new(format!("upload returned status {status}"), again)
    }

    /// The target could not be talked to.
    fn broken(error: reqwest::Error) -> Self {
        let message = if error.is_connect() {
            "could not connect to upload"
        } else {
            "the connection broke off during the upload"
        };
        // The URL may be a secret.
        Self::new(message, Again::Later).caused_by(error.without_url())
    }
}

/// Waits for `future` as long as something moves: `None` if for `limit` nothing has.
async fn while_it_moves<T>(limit: Duration, progress: &Notify, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    loop {
        tokio::select! {
            biased;
            output = &mut future => return Some(output),
            () = progress.notified() => {}
            () = tokio::time::sleep(limit) => return None,
        }
    }
}

fn build(config: &UploadConfig) -> anyhow::Result<Client> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls::client()?)
        .user_agent(concat!("cog-server/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(config.connect_timeout)
        .redirect(redirect::Policy::none())
        // Those of the environment are given below, as it has been read.
        .no_proxy();
    for proxy in proxies::of(&config.proxies)? {
        builder = builder.proxy(proxy);
    }
    Ok(builder.build()?)
}

#[cfg(test)]
mod tests;
