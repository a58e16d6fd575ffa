//! `schema`: print the OpenAPI document.

use cog_core::{InputValue, Output, Predictor};

use super::{Failure, Process};
use crate::openapi;

/// Prints the document. The model is not set up for that.
pub(super) fn run<P: Predictor>(process: &mut Process) -> Result<(), Failure> {
    let document = openapi::document(&P::Input::schema(), &P::Output::schema());
    process.print(&format!("{document:#}\n"))
}
