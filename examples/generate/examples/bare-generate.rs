//! The model in a bare loop, without a server around it: prints how many seconds a token takes, once for each text.
//!
//! `cargo run --release -p benches -- --part models` compares it with the server. Run by hand, it is given how many texts, how many tokens
//! each, and the prompt: `cargo run --release -p generate --example bare-generate -- 5 64 "Once upon a time"`

use std::env;
use std::io::{Write as _, stdout};
use std::time::Instant;

use anyhow::{Context as _, Result};
use cog_core::{Setup, candle};
use generate::sampler::{Sampler, Sampling};
use generate::{Generate, Model};
use tokio::runtime::Runtime;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let times: usize = arguments.next().context("how many texts?")?.parse()?;
    let count: u32 = arguments.next().context("how many tokens?")?.parse()?;
    let prompt = arguments.next().context("what is the prompt?")?;
    let setup = Setup::default();
    let file = Runtime::new()?.block_on(Generate::file(&setup))?;
    let model = Model::load(&file, &candle::device(&setup)?)?;
    for _ in 0..times {
        let mut session = model.session();
        let mut sampler = Sampler::new(Sampling { temperature: 0., ..Sampling::default() });
        let mut text = model.tokens(&prompt)?;
        let mut logits = session.read(&text, || Ok(()))?;
        // As the server counts: from when the first token is chosen.
        let began = Instant::now();
        for _ in 1..count {
            let token = sampler.choose(logits, &text);
            text.push(token);
            logits = session.read(&[token], || Ok(()))?;
        }
        writeln!(stdout(), "{}", began.elapsed().as_secs_f64() / f64::from(count - 1))?;
    }
    Ok(())
}
