//! What inputs, outputs and their schemas promise.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed; clippy knows only functions marked as tests"
)]

mod derives;
mod foreign;
mod messages;
mod oracle;
mod parity;
mod schema_decode;
mod values;
