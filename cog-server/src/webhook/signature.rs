//! Signatures of messages, as the Standard Webhooks specification has them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// The key that messages are signed with.
#[derive(Clone)]
pub(crate) struct SigningKey(hmac::Key);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is `whsec_` followed by at least 24 bytes in base64")]
pub(crate) struct InvalidKey;

impl SigningKey {
    /// Reads a key in the form of the specification; the prefix may be missing.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidKey> {
        let encoded = text.trim();
        let encoded = encoded.strip_prefix("whsec_").unwrap_or(encoded);
        match STANDARD.decode(encoded) {
            Ok(key) if key.len() >= 24 => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key))),
            _ => Err(InvalidKey),
        }
    }

    /// Signs a message: its name, the time in seconds since 1970, its body.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(!format!("{key:?}").contains("Mf"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "whsec_", "whsec_short", "not base64 at all!", "c2hvcnQ="] {
            assert_eq!(SigningKey::parse(text).err(), Some(InvalidKey), "{text}");
        }
    }
}
