//! The model that the contract is shown with: it does what a request tells it to.
//!
//! Run with: `CONTRACT_MODEL=stream cargo run -p contract -- --port 8000`
//!
//! `CONTRACT_MODEL` is a name of the list in [`main`]. All but `typed` take the same input, a [`script`] of steps, and differ in what
//! they return. A step can be to meet the test at an address, which is how the two wait for each other. `CONTRACT_SETUP` and
//! `CONTRACT_HEALTH` are scripts too, as JSON, for setup and for each health check.

mod meeting;
mod output;
mod play;
mod school;
mod script;
mod scripted;
mod typed;

use std::process::ExitCode;

use cog_core::{ConcatenateStream, OutputStream, Path, Value};
use cog_server::{Model, main as serve};

use crate::output::Object;
use crate::school::School;
use crate::scripted::Scripted;
use crate::typed::Typed;

fn main() -> ExitCode {
    match std::env::var("CONTRACT_MODEL").as_deref().unwrap_or("value") {
        "value" => serve::<Scripted<Value>>(),
        "stream" => serve::<Scripted<OutputStream<'static, Value>>>(),
        "concatenate" => serve::<Scripted<ConcatenateStream<'static>>>(),
        "object" => serve::<Scripted<Object>>(),
        "file" => serve::<Scripted<Path>>(),
        "files" => serve::<Scripted<Vec<Path>>>(),
        "file-stream" => serve::<Scripted<OutputStream<'static, Path>>>(),
        "number" => serve::<Scripted<f64>>(),
        "typed" => serve::<Typed>(),
        "trainer" => Model::trainer::<Scripted<Object>>().main(),
        "both" => Model::predictor::<Scripted<Value>>().with_trainer::<Scripted<Object>>().main(),
        "school" => Model::predictor::<Scripted<Value>>().with_trainer::<School>().main(),
        _ => ExitCode::from(64),
    }
}
