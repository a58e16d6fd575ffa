//! The picture of the README: a photo and what `upscale` makes of it, side by side.

use std::path::Path;

use anyhow::{Context as _, Result};
use image::imageops::{self, FilterType};
use image::{ImageFormat, ImageReader, Rgb, RgbImage};

use crate::workspace::{Workspace, say};

const PHOTO: &str = "examples/upscale/tests/data/fixture.png";
const PICTURE: &str = "docs/images/upscale.png";

/// How many white pixels part the two.
const GAP: u32 = 16;

/// Enlarges the photo with the release binary and writes the picture.
pub(crate) fn make(workspace: &Workspace) -> Result<()> {
    let enlarged = workspace.target.join("upscaled.png");
    let image = format!("image=@{PHOTO}");
    let output = enlarged.to_string_lossy();
    workspace.cargo([
        "run",
        "--release",
        "-p",
        "upscale",
        "--",
        "predict",
        "-i",
        &image,
        "-i",
        "scale=4",
        "-o",
        &output,
    ])?;

    let open =
        |path: &Path| anyhow::Ok(ImageReader::open(path)?.with_guessed_format()?.decode()?.into_rgb8());
    let before = open(&workspace.root.join(PHOTO)).with_context(|| format!("cannot read `{PHOTO}`"))?;
    let after = open(&enlarged)?;
    let (width, height) = after.dimensions();
    let before = imageops::resize(&before, width, height, FilterType::Nearest);

    let mut picture = RgbImage::from_pixel(2 * width + GAP, height, Rgb([255; 3]));
    imageops::replace(&mut picture, &before, 0, 0);
    imageops::replace(&mut picture, &after, i64::from(width + GAP), 0);
    picture.save_with_format(workspace.root.join(PICTURE), ImageFormat::Png)?;
    say(format_args!("wrote `{PICTURE}`"))
}
