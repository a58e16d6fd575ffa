//! The network: ESRGAN-slim on candle, run tile by tile.
//!
//! Owns the weights and the arithmetic. The result does not depend on the tiles: each is computed with as many
//! pixels around it as the network can see, and only its own part is kept. Memory for the arithmetic is bounded
//! by the tile, whatever the size of the picture. Does not read files and knows no image format.

use anyhow::{Context as _, Result, bail};
use candle_core::{DType, Device, Module as _, Tensor};
use candle_nn::VarBuilder;
use image::{RgbImage, imageops};

use crate::conv::Conv;

/// Channels of the picture.
const RGB: usize = 3;
/// Channels between the layers.
const WIDTH: usize = 64;
/// Channels that a dense block adds before it folds them back into [`WIDTH`].
const GROWTH: usize = 4;
/// How far one output pixel looks, in input pixels: the sum of `(kernel - 1) / 2` over the chain of layers, which
/// is 3x3 for `F_m1`, `F_0`, `F_1_1`, `F_2_1`, `GFF_2`, 5x5 for `UPN1`, 3x3 for `UPN2` and `UPN3`, and one pixel
/// more for `SR`, which works on enlarged pixels and so reaches into the neighbour but not beyond.
const REACH: u32 = 5 + 2 + 2 + 1;
/// Longest side of a tile without its surroundings. A larger one repeats less work at the seams, 34% at 128 instead
/// of 72%, but its layers leave the caches: it was not quicker, needed twice the memory and answers later to a
/// caller who wants to stop.
const TILE: u32 = 64;

/// An ESRGAN-slim with its weights, ready to enlarge pictures.
///
/// It is a residual dense network: shallow features, two dense blocks with a residual each, fusion of both, and
/// an upscaling part. The published network enlarges with nearest neighbour and then convolves; here the two are
/// merged into one convolution when the weights are loaded.
#[derive(Debug)]
pub struct Upscaler {
    shallow: Conv,
    entry: Conv,
    blocks: [Block; 2],
    fuse: [Conv; 2],
    expand: [Conv; 3],
    output: Conv,
    scale: usize,
    device: Device,
}

/// Widens its input by [`GROWTH`] channels, folds all of them into [`WIDTH`] and adds the input.
#[derive(Debug)]
struct Block {
    grow: Conv,
    fuse: Conv,
}

impl Upscaler {
    /// Loads the network from the bytes of a safetensors file and puts it on `device`.
    ///
    /// The weights decide how much larger pictures become.
    ///
    /// # Errors
    ///
    /// When the bytes are no safetensors file, or when a tensor is missing or has the wrong shape; the message
    /// names the tensor.
    pub fn load(weights: &[u8], device: &Device) -> Result<Self> {
        let weights = VarBuilder::from_slice_safetensors(weights, DType::F32, device)
            .context("the weights are not a safetensors file")?;
        Self::build(&weights).context("the weights do not fit ESRGAN-slim")
    }

    fn build(weights: &VarBuilder<'_>) -> Result<Self> {
        // The last layer before the enlargement has one channel for each colour of each new pixel.
        let channels = weights.get_unchecked("UPN3.bias")?.elem_count();
        let scale = (channels / RGB).isqrt();
        if scale == 0 || channels != RGB * scale * scale {
            bail!("`UPN3.bias` has {channels} values, which is not 3 * scale * scale for any scale");
        }
        let conv = |name, side, from, to| Conv::load(&weights.pp(name), (to, from, side, side));
        let block = |grow, fuse| -> Result<Block> {
            Ok(Block { grow: conv(grow, 3, WIDTH, GROWTH)?, fuse: conv(fuse, 1, WIDTH + GROWTH, WIDTH)? })
        };
        Ok(Self {
            shallow: conv("F_m1", 3, RGB, WIDTH)?,
            entry: conv("F_0", 3, WIDTH, WIDTH)?,
            blocks: [block("F_1_1", "LFF_1")?, block("F_2_1", "LFF_2")?],
            fuse: [conv("GFF_1", 1, 2 * WIDTH, WIDTH)?, conv("GFF_2", 3, WIDTH, WIDTH)?],
            expand: [
                conv("UPN1", 5, WIDTH, WIDTH)?,
                conv("UPN2", 3, WIDTH, WIDTH / 2)?,
                conv("UPN3", 3, WIDTH / 2, channels)?,
            ],
            output: conv("SR", 3, channels, RGB)?.after_nearest_upsample(scale)?,
            scale,
            device: weights.device().clone(),
        })
    }

    /// How many times wider and higher a picture becomes.
    pub fn scale(&self) -> u32 {
        self.scale as u32
    }

    /// Makes `picture` [`scale`](Self::scale) times wider and higher.
    ///
    /// `on_tile` is told how many tiles are done of how many: before the first, and after each one.
    ///
    /// # Errors
    ///
    /// When `on_tile` returns an error, at once and with that error; when the result would be wider or higher
    /// than [`u32::MAX`]; when the device fails.
    ///
    /// # Cancellation
    ///
    /// Return an error from `on_tile`. A tile takes a fraction of a second on a CPU.
    pub fn upscale(
        &self,
        picture: &RgbImage,
        on_tile: impl FnMut(usize, usize) -> Result<()>,
    ) -> Result<RgbImage> {
        self.upscale_in_tiles(picture, TILE, on_tile)
    }

    fn upscale_in_tiles(
        &self,
        picture: &RgbImage,
        longest_side: u32,
        mut on_tile: impl FnMut(usize, usize) -> Result<()>,
    ) -> Result<RgbImage> {
        let (width, height) = picture.dimensions();
        let scale = self.scale();
        let (Some(new_width), Some(new_height)) = (width.checked_mul(scale), height.checked_mul(scale))
        else {
            bail!("{width} by {height} pixels cannot become {scale} times larger; use a smaller picture");
        };
        let columns = cut(width, longest_side);
        let rows = cut(height, longest_side);
        let total = columns.len() * rows.len();
        let mut enlarged = RgbImage::new(new_width, new_height);
        on_tile(0, total)?;
        let tiles = rows.iter().flat_map(|row| columns.iter().map(move |column| (row, column)));
        for (index, (row, column)) in tiles.enumerate() {
            let tile = self.tile(picture, column, row)?;
            let (x, y) = (column.start * scale, row.start * scale);
            imageops::replace(&mut enlarged, &tile, x.into(), y.into());
            on_tile(index + 1, total)?;
        }
        Ok(enlarged)
    }

    /// Computes the part of the result that belongs to these columns and rows of `picture`.
    fn tile(&self, picture: &RgbImage, column: &Span, row: &Span) -> Result<RgbImage> {
        let (width, height) = (column.with_surroundings(), row.with_surroundings());
        let input = imageops::crop_imm(picture, width.start, height.start, width.len, height.len).to_image();
        let shape = (height.len as usize, width.len as usize, RGB);
        let input = Tensor::from_vec(input.into_raw(), shape, &self.device)?;
        let input = input.permute((2, 0, 1))?.to_dtype(DType::F32)?;

        let output = self.forward(&input.contiguous()?)?;

        let (top, left) = ((row.start - height.start) as usize, (column.start - width.start) as usize);
        let (row, column) = (row.len as usize, column.len as usize);
        let output = output.narrow(1, top, row)?.narrow(2, left, column)?;
        let pixels = (output.clamp(0f32, 255f32)? + 0.5)?
            .to_dtype(DType::U8)?
            // From colour, y and x inside the enlarged pixel, row, column to the order of a picture.
            .reshape((RGB, self.scale, self.scale, row, column))?
            .permute((3, 1, 4, 2, 0))?
            .flatten_all()?
            .to_vec1()?;
        RgbImage::from_raw((column * self.scale) as u32, (row * self.scale) as u32, pixels)
            .context("a tile came out in the wrong size")
    }

    /// Runs the network on `[3, height, width]`, colours from 0 to 255.
    ///
    /// The result is `[3 * scale * scale, height, width]`: for each colour, the rows and columns of the square
    /// of pixels that replaces one pixel. Values may lie outside of 0 to 255.
    fn forward(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        let shallow = self.shallow.forward(input)?;
        let [first, second] = &self.blocks;
        let first = first.forward(&self.entry.forward(&shallow)?)?;
        let second = second.forward(&first)?;
        let [fuse, smooth] = &self.fuse;
        let features = (smooth.forward(&fuse.forward(&Tensor::cat(&[first, second], 0)?)?)? + shallow)?;
        let [wide, narrow, split] = &self.expand;
        let features = narrow.forward(&wide.forward(&features)?.relu()?)?.relu()?;
        self.output.forward(&split.forward(&features)?)
    }
}

impl Block {
    fn forward(&self, input: &Tensor) -> candle_core::Result<Tensor> {
        let grown = Tensor::cat(&[input, &self.grow.forward(input)?.relu()?], 0)?;
        self.fuse.forward(&grown)? + input
    }
}

/// A stretch of `of` pixels in a row or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u32,
    len: u32,
    of: u32,
}

impl Span {
    /// Grows by [`REACH`] on both sides, but not beyond the picture: there the network pads with zeros itself.
    fn with_surroundings(self) -> Self {
        let start = self.start.saturating_sub(REACH);
        let end = (self.start + self.len).saturating_add(REACH).min(self.of);
        Self { start, len: end - start, ..self }
    }
}

/// Cuts `of` pixels into stretches of at most `longest`, as equal as can be so that no tile is a sliver.
fn cut(of: u32, longest: u32) -> Vec<Span> {
    let count = of.div_ceil(longest);
    let border = |index: u32| (u64::from(of) * u64::from(index) / u64::from(count)) as u32;
    (0..count)
        .map(|index| Span { start: border(index), len: border(index + 1) - border(index), of })
        .collect()
}

#[cfg(test)]
mod tests;
