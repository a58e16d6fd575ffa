//! The models that are measured, each a whole command line under a name of its own.
//!
//! They do as little as they can, so that what is measured is what is around them.

mod cancel;
mod files;
mod greeter;
mod hello;
mod stream;

use std::process::ExitCode;

pub(crate) use self::greeter::SLOTS;

/// Answers with a greeting.
pub(crate) const HELLO: &str = "hello";
/// Answers with a greeting, and can be told to wait until each of its [`SLOTS`] is at work.
pub(crate) const GREETER: &str = "greeter";
/// Yields texts, as fast as it can or slowly.
pub(crate) const STREAM: &str = "stream";
/// Is given files, and returns some.
pub(crate) const FILES: &str = "files";
/// Goes on until it is canceled.
pub(crate) const CANCEL: &str = "cancel";

/// Runs the model of this name, if there is one.
pub(crate) fn run(name: &str) -> Option<ExitCode> {
    Some(match name {
        HELLO => cog_server::main::<hello::HelloWorld>(),
        GREETER => cog_server::main::<greeter::Greeter>(),
        STREAM => cog_server::main::<stream::Texts>(),
        FILES => cog_server::main::<files::Files>(),
        CANCEL => cog_server::main::<cancel::Patient>(),
        _ => return None,
    })
}
