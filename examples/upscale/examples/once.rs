//! Enlarges one picture and says how long the network took.
//!
//! Run with: `cargo run --release -p upscale --example once -- <weights> <picture> <result.png>`

use std::io::{Write as _, stderr};
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use anyhow::{Result, bail};
use candle_core::Device;
use cog_core::picture::{Limits, Picture};
use upscale::Upscaler;

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [weights, picture, result] = arguments.as_slice() else {
        bail!("expected three arguments: `once <weights> <picture> <result.png>`");
    };
    let model = Upscaler::load(&fs::read(weights)?, &Device::cuda_if_available(0)?)?;
    let picture = Picture::open(picture, &Limits::default())?;
    let start = Instant::now();
    let enlarged = model.upscale(picture.colour(), |done, total| {
        write!(stderr(), "\r{done}/{total} tiles")?;
        Ok(())
    })?;
    writeln!(stderr(), " in {:.2?}", start.elapsed())?;
    fs::write(result, picture.with_colour(enlarged).to_png()?)?;
    Ok(())
}
