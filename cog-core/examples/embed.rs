//! Runs a predictor inside another program: an engine with two slots, and no HTTP.
//!
//! Run with: `cargo run -p cog-core --example embed`

use std::io::{Write as _, stdout};
use std::num::NonZeroUsize;
use std::thread::sleep;
use std::time::Duration;

use cog_core::{
    Engine, EngineConfig, Event, Input, OutputStream, Predictor, Rejection, Request, Result, Scope, Setup,
    json,
};

#[derive(Input)]
struct Countdown {
    /// The first number.
    #[input(le = 1_000)]
    from: u32,
}

struct Counter;

impl Predictor for Counter {
    type Input = Countdown;
    type Output = OutputStream<'static, u32>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Countdown, _: Scope) -> Result<OutputStream<'_, u32>> {
        let numbers = (0..=input.from).rev();
        // This blocks a thread, as a model does. It is the slot's own, so nobody else waits.
        Ok(OutputStream::from_iter(numbers.inspect(|_| sleep(Duration::from_millis(10)))))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut out = stdout();
    let config = EngineConfig { slots: NonZeroUsize::new(2), ..EngineConfig::default() };
    let engine = Engine::start::<Counter>(config)?;
    engine.ready().await?;

    // Two predictions at once, one for each slot. A third has no place.
    let short = engine.submit(Request::new(json!({ "from": 3 })))?;
    let long = engine.submit(Request::new(json!({ "from": 1_000 })))?;
    match engine.submit(Request::new(json!({ "from": 3 }))) {
        Err(Rejection::AtCapacity { slots }) => writeln!(out, "{slots} slots are taken")?,
        other => writeln!(out, "unexpected: {other:?}")?,
    }

    // Events can be read at any pace, from any place, by any number of readers.
    let mut events = short.events();
    while let Some(event) = events.next().await {
        match event? {
            (number, Event::Output { chunk, .. }) => {
                writeln!(out, "event {number}: the output goes on with {}", String::from_utf8_lossy(&chunk))?;
            }
            (number, Event::Completed(end)) => {
                writeln!(out, "event {number}: {} in {:.0?}", end.status.as_str(), end.predict_time)?;
            }
            (number, _) => writeln!(out, "event {number}")?,
        }
    }

    long.cancel();
    let long = long.completed().await;
    writeln!(out, "the long one is {}", long.status().as_str())?;

    let has_ended = engine.shutdown(Duration::from_secs(1)).await;
    writeln!(out, "all author code has returned: {has_ended}")?;
    Ok(())
}
