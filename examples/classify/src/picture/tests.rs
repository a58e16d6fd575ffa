//! What is cut out of pictures, and files that are none.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

use super::*;

/// A file of this format.
fn encode(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn pixels(content: &[u8]) -> Result<Tensor, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    read(file.path(), &Device::Cpu).map_err(|error| format!("{error:#}"))
}

#[test]
fn colours_are_told_by_their_distance_from_the_mean() {
    // The mean, in red one deviation above it, and black.
    for (colour, expected) in
        [([124, 116, 104], [0., 0., 0.]), ([182, 116, 104], [1., 0., 0.]), ([0, 0, 0], [-2.12, -2.04, -1.80])]
    {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let tensor = pixels(&encode(&RgbImage::from_pixel(300, 250, Rgb(colour)), format)).unwrap();
            assert_eq!(tensor.dims(), [3, SIDE, SIDE]);
            for (channel, expected) in expected.into_iter().enumerate() {
                let got = tensor.get(channel).unwrap().mean_all().unwrap().to_scalar::<f32>().unwrap();
                assert!((got - expected).abs() < 0.03, "{format:?} {colour:?} {channel}: {got}");
            }
        }
    }
}

#[test]
fn it_is_the_middle_that_counts() {
    for (width, height) in [(448, 224), (224, 448), (900, 300), (10, 20), (1, 1), (1, 500)] {
        // White, but for a square in the middle as wide as the shorter side.
        let side = width.min(height);
        let (left, top) = ((width - side) / 2, (height - side) / 2);
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let is_inside = (left..left + side).contains(&x) && (top..top + side).contains(&y);
            Rgb(if is_inside { [124, 116, 104] } else { [255; 3] })
        });
        let tensor = pixels(&encode(&picture, ImageFormat::Png)).unwrap();
        let mean = tensor.mean_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(mean.abs() < 0.1, "{width} {height}: {mean}");
    }
}

#[test]
fn what_is_no_picture_is_refused_with_the_reason() {
    let too_large = encode(&RgbImage::new(16_385, 1), ImageFormat::Png);
    for (content, expected) in [
        (Vec::new(), "the file is empty; send a PNG, JPEG or WebP picture"),
        (b"this is no picture".to_vec(), "the file is not a picture; send a PNG, JPEG or WebP file"),
        (too_large, "the picture is 16385 by 1 pixels, more than 16384 on a side; send a smaller one"),
    ] {
        assert_eq!(pixels(&content).unwrap_err(), expected);
    }
}
