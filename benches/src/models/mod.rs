//! The models that are measured, each a whole command line under a name of its own.
//!
//! They do as little as they can, so that what is measured is what is around them.

mod cancel;
mod files;
mod hello;
mod stream;

use std::process::ExitCode;

/// Answers with a greeting.
pub(crate) const HELLO: &str = "hello";
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
        STREAM => cog_server::main::<stream::Texts>(),
        FILES => cog_server::main::<files::Files>(),
        CANCEL => cog_server::main::<cancel::Patient>(),
        _ => return None,
    })
}
