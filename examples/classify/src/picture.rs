//! From a file to the pixels that the network looks at.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use candle_core::{Device, Tensor};
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader};

use crate::model::SIDE;

/// The most pixels on a side. What is larger is refused by its header, before memory is taken for it.
const MAX_SIDE: u32 = 16_384;
/// The most memory that decoding may take, in bytes.
const MAX_MEMORY: u64 = 512 << 20;

/// What ImageNet's colours are on average, and how much they vary, from 0 to 1.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Reads a PNG, JPEG or WebP file and returns its middle as `[3, SIDE, SIDE]`: red, green and blue, as far as each is from ImageNet's mean.
///
/// It is the largest square in the middle, made smaller or larger by linear interpolation.
pub(crate) fn read(path: &Path, device: &Device) -> Result<Tensor> {
    let picture = decode(&std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?)?;
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    let middle = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    let picture = middle.resize_exact(SIDE as u32, SIDE as u32, FilterType::Triangle).into_rgb8();

    let pixels: Vec<f32> = picture.into_raw().into_iter().map(|value| f32::from(value) / 255.).collect();
    let pixels = Tensor::from_vec(pixels, (SIDE, SIDE, 3), device)?;
    let pixels = pixels
        .broadcast_sub(&Tensor::new(&MEAN, device)?)?
        .broadcast_div(&Tensor::new(&DEVIATION, device)?)?;
    Ok(pixels.permute((2, 0, 1))?.contiguous()?)
}

fn decode(bytes: &[u8]) -> Result<DynamicImage> {
    ensure!(!bytes.is_empty(), "the file is empty; send a PNG, JPEG or WebP file");
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) => format,
        Ok(_) => bail!("the picture has a format that is not supported; convert it to PNG, JPEG or WebP"),
        Err(_) => bail!("the file is not a picture; send a PNG, JPEG or WebP file"),
    };
    let undecodable = || anyhow!("the picture is damaged, cut short or of a rare kind; save it again as PNG");
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| undecodable())?;
    let (width, height) = decoder.dimensions();
    ensure!(
        width.max(height) <= MAX_SIDE && decoder.total_bytes() <= MAX_MEMORY,
        "the picture is {width} by {height} pixels, which is too large; send a smaller one"
    );
    let orientation = decoder.orientation();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| undecodable())?;
    // What is said besides the pixels is a bonus: without it a picture is still a picture.
    if let Ok(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

#[cfg(test)]
mod tests;
