//! The model in a bare loop, without a server around it: prints how many seconds each time takes.
//!
//! `cargo run --release -p benches -- --part models` compares it with the server. Run by hand, it is given how often, and the texts:
//! `cargo run --release -p embed --example bare-embed -- 5 "A man is eating food."`

use std::env;
use std::io::{Write as _, stdout};
use std::time::Instant;

use anyhow::{Context as _, Result};
use cog_core::{Setup, candle};
use embed::{Embedder, Files};
use tokio::runtime::Runtime;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let times: usize = arguments.next().context("how often?")?.parse()?;
    let texts: Vec<String> = arguments.collect();
    let setup = Setup::default();
    let files = Runtime::new()?.block_on(Files::locate(&setup))?;
    let embedder = Embedder::load(&files, &candle::device(&setup)?)?;
    for _ in 0..times {
        let began = Instant::now();
        embedder.embed(&texts)?;
        writeln!(stdout(), "{}", began.elapsed().as_secs_f64())?;
    }
    Ok(())
}
