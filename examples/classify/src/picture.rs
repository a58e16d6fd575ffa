//! From a file to the pixels that the network looks at.

use std::path::Path;

use anyhow::Result;
use candle_core::{Device, Tensor};
use cog_core::picture::{Limits, Picture};
use image::imageops::{self, FilterType};

use crate::model::SIDE;

/// As large as photos are, and no larger.
const LIMITS: Limits = Limits { max_bytes: 64 << 20, max_side: 16_384, max_pixels: 64 << 20 };

/// What ImageNet's colours are on average, and how much they vary, from 0 to 1.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Reads a PNG, JPEG or WebP file and returns its middle as `[3, SIDE, SIDE]`: red, green and blue, as far as each is from ImageNet's mean.
///
/// It is the largest square in the middle, made smaller or larger by linear interpolation.
pub(crate) fn read(path: &Path, device: &Device) -> Result<Tensor> {
    let picture = Picture::open(path, &LIMITS)?;
    let (width, height) = picture.colour().dimensions();
    let side = width.min(height);
    let middle = imageops::crop_imm(picture.colour(), (width - side) / 2, (height - side) / 2, side, side);
    let picture = imageops::resize(&*middle, SIDE as u32, SIDE as u32, FilterType::Triangle);

    let pixels: Vec<f32> = picture.into_raw().into_iter().map(|value| f32::from(value) / 255.).collect();
    let pixels = Tensor::from_vec(pixels, (SIDE, SIDE, 3), device)?;
    let pixels = pixels
        .broadcast_sub(&Tensor::new(&MEAN, device)?)?
        .broadcast_div(&Tensor::new(&DEVIATION, device)?)?;
    Ok(pixels.permute((2, 0, 1))?.contiguous()?)
}

#[cfg(test)]
mod tests;
