//! Sending one message, and trying again.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use cog_core::PredictionId;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode};

use super::signature::SigningKey;
use super::target::Target;
use crate::{retry, tls};

/// How many times the terminal message is sent again, as in Cog.
const RETRIES: u32 = 12;

/// Which power of two the delay stops to grow at, as in Cog.
const MAX_DOUBLINGS: u32 = 10;

/// The longest time that a receiver may ask us to wait.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(300);

/// How messages are sent.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// Sent as a bearer token.
    pub(crate) token: Option<String>,
    pub(crate) key: Option<SigningKey>,
    /// How long one attempt may take.
    pub(crate) timeout: Duration,
    /// The delay that doubles before each new attempt.
    pub(crate) first_delay: Duration,
    client: OnceLock<Client>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The receiver has it, or does not want it.
    Done,
    /// The receiver could not be reached, or could not take it.
    Failed,
}

impl Delivery {
    pub(crate) const fn new(token: Option<String>, key: Option<SigningKey>) -> Self {
        Self {
            token,
            key,
            timeout: Duration::from_secs(30),
            first_delay: Duration::from_millis(100),
            client: OnceLock::new(),
        }
    }

    /// Sends a message that another will follow: one attempt has to do.
    pub(super) async fn send_once(&self, id: &PredictionId, target: &Target, body: Bytes) -> Sent {
        let message = Message::new(id, target, body);
        match self.attempt(&message).await {
            Ok(response) if !is_temporary(response.status()) => Sent::Done,
            Ok(response) => {
                tracing::warn!(prediction_id = %id, status = response.status().as_u16(), "a webhook was not taken");
                Sent::Failed
            }
            Err(error) => {
                tracing::warn!(prediction_id = %id, error = %error, "a webhook could not be delivered");
                Sent::Failed
            }
        }
    }

    /// Sends the terminal message, again and again for some minutes if need be.
    pub(super) async fn send_at_last(&self, id: &PredictionId, target: &Target, body: Bytes) {
        // The same name each time, so that a receiver can tell a second copy from a second message.
        let message = Message::new(id, target, body);
        for retry in 0..=RETRIES {
            let response = self.attempt(&message).await;
            let asked = match &response {
                Ok(response) if !is_temporary(response.status()) => return,
                Ok(response) => retry::after(response.headers()),
                Err(_) => None,
            };
            if retry == RETRIES {
                break;
            }
            tokio::time::sleep(self.delay(retry, asked)).await;
        }
        tracing::error!(prediction_id = %id, "the terminal webhook could not be delivered");
    }

    /// How long to wait after so many attempts that were not the first. A receiver can ask for longer, and not for less: it would be given
    /// up sooner.
    fn delay(&self, retry: u32, asked: Option<Duration>) -> Duration {
        let delay = self.first_delay * 2_u32.pow((retry + 1).min(MAX_DOUBLINGS));
        delay.max(asked.unwrap_or_default().min(MAX_RETRY_AFTER))
    }

    async fn attempt(&self, message: &Message<'_>) -> anyhow::Result<Response> {
        let mut request = self.client()?.post(message.target.url.clone());
        request =
            request.header(CONTENT_TYPE, "application/json").header(ACCEPT, "*/*").timeout(self.timeout);
        for (name, value) in &message.target.trace {
            request = request.header(name, value);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = &self.key {
            // Anew each time: receivers refuse what was signed too long ago.
            let seconds = Timestamp::now().as_second();
            request = request
                .header("webhook-id", &message.id)
                .header("webhook-timestamp", seconds.to_string())
                .header("webhook-signature", key.sign(&message.id, seconds, &message.body));
        }
        // The URL may be a secret, so it is not in the error.
        Ok(request.body(message.body.clone()).send().await.map_err(reqwest::Error::without_url)?)
    }

    fn client(&self) -> anyhow::Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client()?)
            .user_agent(concat!("cog-server/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(self.client.get_or_init(|| client))
    }
}

struct Message<'a> {
    id: String,
    target: &'a Target,
    body: Bytes,
}

impl<'a> Message<'a> {
    fn new(prediction: &PredictionId, target: &'a Target, body: Bytes) -> Self {
        let now = Timestamp::now().as_nanosecond();
        Self { id: format!("msg_{}_{now:x}", prediction.as_str().replace('.', "_")), target, body }
    }
}

fn is_temporary(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in Cog: thirteen attempts within about seven minutes.
    #[test]
    fn delays_double_and_then_stay() {
        let delivery = Delivery::new(None, None);
        let delays: Vec<_> = (0..RETRIES).map(|retry| delivery.delay(retry, None).as_millis()).collect();
        let expected = [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 102_400, 102_400, 102_400];
        assert_eq!(delays, expected);
    }

    #[test]
    fn a_receiver_may_ask_for_minutes_and_not_for_hours() {
        let delivery = Delivery::new(None, None);
        for (retry, asked, expected) in [(0, 0, 200), (0, 7, 7000), (9, 7, 102_400), (9, 86_400, 300_000)] {
            let delay = delivery.delay(retry, Some(Duration::from_secs(asked)));
            assert_eq!(delay.as_millis(), expected, "{retry} {asked}");
        }
    }
}
