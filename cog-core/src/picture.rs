//! Picture files: from bytes to pixels within limits, and back to PNG. The feature `image` has it.
//!
//! Reads PNG, JPEG and WebP, of an animation the first frame. Size limits are checked on the header, before memory
//! for the pixels is taken. Promises 8-bit colours the right way up, whatever the file held: grey, palettes, CMYK
//! and 16 bits are converted and an EXIF orientation is applied. Does not know what happens to the pixels.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;

use image::codecs::png::PngEncoder;
use image::imageops::{self, FilterType};
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, GrayImage, ImageDecoder as _, ImageEncoder as _, ImageFormat,
    ImageReader, RgbImage,
};

use crate::anyhow::{Context as _, bail, ensure};
use crate::error::Result;

/// What a file may cost before it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest file, in bytes.
    pub max_bytes: u64,
    /// Longest width or height, in pixels.
    pub max_side: u32,
    /// Largest width times height, in pixels.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 64 MiB, 8,192 pixels on a side and 4,194,304 pixels (2,048 by 2,048): four times larger, that is 192 MiB of
    /// colours.
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_side: 8_192, max_pixels: 4 << 20 }
    }
}

/// A decoded picture: colours, and transparency beside them if any pixel has some.
///
/// The two are apart because a network sees colours only. The colour under a transparent pixel is kept as the file
/// has it: painting a background there would show at the seams.
///
/// ```no_run
/// use cog_core::picture::{Limits, Picture};
///
/// // In a prediction the path is that of an input.
/// let picture = Picture::open("photo.jpg".as_ref(), &Limits::default())?;
/// let (width, height) = picture.colour().dimensions();
/// // Eight bits for red, green and blue, row by row.
/// assert_eq!(picture.colour().as_raw().len(), 3 * width as usize * height as usize);
/// # Ok::<(), cog_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    colour: RgbImage,
    alpha: Option<GrayImage>,
    /// Tells what the colours mean. Without it, a photo in Display P3 would come back paler.
    icc_profile: Option<Vec<u8>>,
}

impl Picture {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read, and as [`decode`](Self::decode).
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)
            // One byte over the limit is enough to know.
            .and_then(|file| file.take(limits.max_bytes.saturating_add(1)).read_to_end(&mut bytes))
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        Self::decode(&bytes, limits)
    }

    /// Decodes the bytes of a PNG, JPEG or WebP file; its name does not matter.
    ///
    /// # Errors
    /// When the bytes are empty, no picture, a picture of another format, damaged or cut short, or over a limit.
    /// The message is one line that says what is wrong and what to do.
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Self> {
        ensure!(!bytes.is_empty(), "the file is empty; send a PNG, JPEG or WebP picture");
        let max_bytes = limits.max_bytes;
        ensure!(
            bytes.len() as u64 <= max_bytes,
            "the file is longer than the limit of {max_bytes} bytes; send a smaller picture"
        );
        let (format, name) = match image::guess_format(bytes) {
            Ok(format @ ImageFormat::Png) => (format, "PNG"),
            Ok(format @ ImageFormat::Jpeg) => (format, "JPEG"),
            Ok(format @ ImageFormat::WebP) => (format, "WebP"),
            Ok(other) => bail!(
                "the picture has the format `{}`, which is not supported; convert it to PNG, JPEG or WebP",
                other.extensions_str().first().unwrap_or(&"unknown")
            ),
            Err(_) => bail!("the file is not a picture; send a PNG, JPEG or WebP file"),
        };
        // The decoder pads what is missing with grey and reports success.
        let is_whole = format != ImageFormat::Jpeg || has_end_of_jpeg(bytes);
        ensure!(is_whole, "the JPEG file is cut short; send the whole file");
        let undecodable =
            || format!("the {name} file is damaged, cut short or of a rare kind; save it again as PNG");

        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut decoder_limits = image::Limits::default();
        // Up to 8 bytes a pixel come out, and the decoder needs some to work with.
        decoder_limits.max_alloc = Some(limits.max_pixels.saturating_mul(8).saturating_add(16 << 20));
        reader.limits(decoder_limits);
        let mut decoder = reader.into_decoder().with_context(undecodable)?;
        limits.check(decoder.dimensions())?;
        // Metadata is a bonus: a picture with broken metadata is still a picture.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let icc_profile = decoder.icc_profile().ok().flatten();
        let mut pixels = DynamicImage::from_decoder(decoder).with_context(undecodable)?;
        pixels.apply_orientation(orientation);

        let alpha = pixels.color().has_alpha().then(|| alpha(&pixels.to_rgba8()));
        Ok(Self {
            colour: pixels.into_rgb8(),
            alpha: alpha.filter(|alpha| alpha.iter().any(|value| *value != u8::MAX)),
            // A profile for grey or CMYK no longer fits what has become RGB.
            icc_profile: icc_profile.filter(|profile| profile.get(16..20) == Some(b"RGB ")),
        })
    }

    /// The colours, without transparency.
    #[must_use]
    pub fn colour(&self) -> &RgbImage {
        &self.colour
    }

    /// The same picture with other colours, of any size: transparency follows by bicubic interpolation.
    #[must_use]
    pub fn with_colour(self, colour: RgbImage) -> Self {
        let (width, height) = colour.dimensions();
        let alpha = self.alpha.map(|alpha| imageops::resize(&alpha, width, height, FilterType::CatmullRom));
        Self { colour, alpha, ..self }
    }

    /// Encodes as PNG, with transparency and colour profile if there are any.
    ///
    /// # Errors
    /// When the picture has no pixels, or more than PNG can hold.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        if let Some(profile) = &self.icc_profile {
            encoder.set_icc_profile(profile.clone())?;
        }
        let (width, height) = self.colour.dimensions();
        match &self.alpha {
            None => encoder.write_image(&self.colour, width, height, ExtendedColorType::Rgb8),
            Some(alpha) => {
                let pixels = self.colour.pixels().zip(alpha.pixels());
                let pixels: Vec<u8> =
                    pixels.flat_map(|(colour, alpha)| colour.0.into_iter().chain(alpha.0)).collect();
                encoder.write_image(&pixels, width, height, ExtendedColorType::Rgba8)
            }
        }
        .context("the picture cannot be encoded as PNG")?;
        Ok(png)
    }
}

impl Limits {
    fn check(&self, (width, height): (u32, u32)) -> Result<()> {
        let Self { max_side, max_pixels, .. } = self;
        ensure!(
            width.max(height) <= *max_side,
            "the picture is {width} by {height} pixels, more than {max_side} on a side; send a smaller one"
        );
        let pixels = u64::from(width) * u64::from(height);
        ensure!(
            pixels <= *max_pixels,
            "the picture is {width} by {height} pixels, more than {max_pixels} in total; send a smaller one"
        );
        Ok(())
    }
}

/// The transparency of each pixel.
fn alpha(pixels: &image::RgbaImage) -> GrayImage {
    let (width, height) = pixels.dimensions();
    GrayImage::from_fn(width, height, |x, y| image::Luma([pixels.get_pixel(x, y).0[3]]))
}

/// Whether the end marker follows the pixels, and not only those of a preview inside the metadata.
fn has_end_of_jpeg(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    // A segment is a marker and a length; the pixels begin with `FF DA`.
    while let [0xFF, kind, high, low, ..] = rest
        && *kind != 0xDA
    {
        let length = 2 + usize::from(u16::from_be_bytes([*high, *low]));
        rest = rest.get(length..).unwrap_or_default();
    }
    rest.windows(2).any(|marker| marker == [0xFF, 0xD9])
}

#[cfg(test)]
mod tests;
