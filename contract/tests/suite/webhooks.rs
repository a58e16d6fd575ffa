//! Section 7: webhooks.
