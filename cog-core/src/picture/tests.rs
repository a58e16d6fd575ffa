//! What is refused, with which words, and what every kind of file becomes.

use image::{ColorType, GrayAlphaImage, ImageBuffer, Luma, LumaA, Rgb, Rgba, RgbaImage};

use super::*;

/// A 24 by 16 gradient: no two pixels alike, so a wrong orientation shows.
fn gradient() -> RgbImage {
    RgbImage::from_fn(24, 16, |x, y| Rgb([x as u8 * 10, y as u8 * 15, 128]))
}

fn encode(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decode(bytes: &[u8]) -> Picture {
    Picture::decode(bytes, &Limits::default()).unwrap()
}

#[track_caller]
fn refused(bytes: &[u8], limits: &Limits, expect: &str) {
    let message = Picture::decode(bytes, limits).unwrap_err().to_string();
    assert_eq!(message, expect);
    assert!(!message.contains('\n') && !message.ends_with('.'), "{message}");
}

/// The JPEG of the gradient with another size in its header, as a hostile file would have it.
fn jpeg_that_claims(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = encode(gradient(), ImageFormat::Jpeg);
    let frame = bytes.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

#[test]
fn what_is_no_picture_is_refused() {
    let limits = Limits::default();
    refused(b"", &limits, "the file is empty; send a PNG, JPEG or WebP picture");
    let not_a_picture = "the file is not a picture; send a PNG, JPEG or WebP file";
    refused(b"Dear Sir or Madam", &limits, not_a_picture);
    refused(&[0], &limits, not_a_picture);
    refused(b"%PDF-1.7", &limits, not_a_picture);
    refused(
        b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
        &limits,
        "the picture has the format `gif`, which is not supported; convert it to PNG, JPEG or WebP",
    );
}

#[test]
fn a_hoard_of_metadata_is_left_alone() {
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    // Zeros: hardly anything in the file, more than the limit once inflated.
    encoder.set_icc_profile(vec![0; 64 << 20]).unwrap();
    encoder.write_image(&gradient(), 24, 16, ExtendedColorType::Rgb8).unwrap();
    let picture = Picture::decode(&png, &Limits { max_pixels: 384, ..Limits::default() }).unwrap();
    assert_eq!((picture.colour(), picture.icc_profile.as_ref()), (&gradient(), None));
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let whole = encode(gradient(), format);
        decode(&whole);
        // PNG may lack its last chunk, which holds nothing: 12 bytes.
        let needed = whole.len() - if format == ImageFormat::Png { 12 } else { 0 };
        for length in 0..needed {
            let error = Picture::decode(&whole[..length], &Limits::default()).expect_err("cut short");
            assert!(!error.to_string().contains('\n'), "{format:?} of {length}: {error}");
        }
        let name = if format == ImageFormat::WebP {
            "WebP".to_owned()
        } else {
            format!("{format:?}").to_uppercase()
        };
        let expect = match format {
            ImageFormat::Jpeg => "the JPEG file is cut short; send the whole file".to_owned(),
            _ => format!("the {name} file is damaged, cut short or of a rare kind; save it again as PNG"),
        };
        refused(&whole[..whole.len() / 2], &Limits::default(), &expect);
    }
}

#[test]
fn a_preview_inside_a_jpeg_does_not_count_as_its_end() {
    let whole = encode(gradient(), ImageFormat::Jpeg);
    let mut with_preview = vec![0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x08, 0xFF, 0xD8, 0x00, 0x00, 0xFF, 0xD9];
    with_preview.extend(&whole[2..]);
    assert_eq!(decode(&with_preview), decode(&whole));
    with_preview.truncate(with_preview.len() - 2);
    refused(&with_preview, &Limits::default(), "the JPEG file is cut short; send the whole file");
    let mut with_trailer = whole.clone();
    with_trailer.extend(b"a video, as some telephones append");
    assert_eq!(decode(&with_trailer), decode(&whole));
}

#[test]
fn sizes_are_checked_on_the_header() {
    let limits = Limits::default();
    refused(
        &encode(RgbImage::new(50_000, 1), ImageFormat::Png),
        &limits,
        "the picture is 50000 by 1 pixels, more than 8192 on a side; send a smaller one",
    );
    // 10 GB if the header were believed.
    refused(
        &jpeg_that_claims(60_000, 60_000),
        &limits,
        "the picture is 60000 by 60000 pixels, more than 8192 on a side; send a smaller one",
    );
    refused(
        &jpeg_that_claims(8_192, 8_192),
        &limits,
        "the picture is 8192 by 8192 pixels, more than 4194304 in total; send a smaller one",
    );
    let bytes = encode(gradient(), ImageFormat::Png);
    refused(
        &bytes,
        &Limits { max_bytes: 100, ..limits },
        "the file is longer than the limit of 100 bytes; send a smaller picture",
    );
}

#[test]
fn limits_are_exact() {
    let size = (24, 16);
    for (max_side, max_pixels, fits) in [
        (24, 384, true),
        (23, 384, false),
        (24, 383, false),
        (16, 1_000, false),
        (u32::MAX, u64::MAX, true),
        (0, 0, false),
    ] {
        let limits = Limits { max_side, max_pixels, ..Limits::default() };
        assert_eq!(limits.check(size).is_ok(), fits, "{limits:?}");
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let decoded = Picture::decode(&encode(gradient(), format), &limits);
            assert_eq!(decoded.is_ok(), fits, "{format:?} {limits:?}");
        }
    }
    let everything = Limits { max_bytes: u64::MAX, max_side: u32::MAX, max_pixels: u64::MAX };
    everything.check((u32::MAX, u32::MAX)).unwrap();
}

#[test]
fn a_path_is_read_within_the_limits() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), encode(gradient(), ImageFormat::Png)).unwrap();
    let picture = Picture::open(file.path(), &Limits::default()).unwrap();
    assert_eq!(picture.colour().dimensions(), (24, 16));
    let error = Picture::open(file.path(), &Limits { max_bytes: 100, ..Limits::default() }).unwrap_err();
    assert_eq!(error.to_string(), "the file is longer than the limit of 100 bytes; send a smaller picture");
    let error = Picture::open(Path::new("no such picture.png"), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `no such picture.png`");
}

#[test]
fn every_kind_of_pixel_becomes_eight_bit_colour() {
    let grey = GrayImage::from_fn(24, 16, |x, y| Luma([(x + y) as u8]));
    let grey_as_colour = DynamicImage::from(grey.clone()).into_rgb8();
    let deep = ImageBuffer::from_fn(24, 16, |x, y| Rgb([x as u16 * 2_570, y as u16 * 3_855, 128 * 257]));
    let opaque = RgbaImage::from_fn(24, 16, |x, y| {
        let Rgb([red, green, blue]) = *gradient().get_pixel(x, y);
        Rgba([red, green, blue, 255])
    });
    for (name, pixels, expect) in [
        ("colour", DynamicImage::from(gradient()), gradient()),
        ("opaque", opaque.into(), gradient()),
        ("grey", grey.into(), grey_as_colour),
        ("16 bit", DynamicImage::ImageRgb16(deep), gradient()),
    ] {
        let picture = decode(&encode(pixels, ImageFormat::Png));
        assert_eq!((picture.colour(), &picture.alpha), (&expect, &None), "{name}");
    }
}

#[test]
fn a_palette_is_looked_up() {
    // Two by one pixels of one bit, red and blue, blue half transparent.
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [
        (b"IHDR", &[0, 0, 0, 2, 0, 0, 0, 1, 1, 3, 0, 0, 0][..]),
        (b"PLTE", &[255, 0, 0, 0, 0, 255]),
        (b"tRNS", &[255, 128]),
        // One stored block: no filter, then the bits 01.
        (b"IDAT", &[0x78, 0x01, 0x01, 2, 0, 0xFD, 0xFF, 0, 0x40, 0x00, 0x42, 0x00, 0x41]),
        (b"IEND", &[]),
    ] {
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(kind);
        png.extend(data);
        png.extend(crc32(&[kind, data].concat()).to_be_bytes());
    }
    let picture = decode(&png);
    assert_eq!(picture.colour().as_raw(), &[255, 0, 0, 0, 0, 255]);
    assert_eq!(picture.alpha.unwrap().as_raw(), &[255, 128]);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

#[test]
fn transparency_is_kept_and_follows_the_size() {
    let half = GrayAlphaImage::from_fn(24, 16, |x, _| LumaA([200, if x < 12 { 0 } else { 255 }]));
    let picture = decode(&encode(half, ImageFormat::Png));
    let enlarged = picture.with_colour(RgbImage::from_pixel(96, 64, Rgb([1, 2, 3])));
    let png = image::load_from_memory(&enlarged.to_png().unwrap()).unwrap();
    assert_eq!(png.color(), ColorType::Rgba8);
    let png = png.into_rgba8();
    assert_eq!(png.dimensions(), (96, 64));
    assert_eq!(png.get_pixel(0, 32), &Rgba([1, 2, 3, 0]));
    assert_eq!(png.get_pixel(95, 32), &Rgba([1, 2, 3, 255]));
}

#[test]
fn exif_orientation_is_applied() {
    let upright = decode(&encode(gradient(), ImageFormat::Png));
    let exif =
        b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00";
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.write_image(&gradient(), 24, 16, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(decode(&png).colour(), &imageops::rotate90(upright.colour()));
}

#[test]
fn a_colour_profile_is_kept_if_it_is_for_rgb() {
    for (space, kept) in [(b"RGB ", true), (b"GRAY", false)] {
        let mut profile = vec![0; 128];
        profile[16..20].copy_from_slice(space);
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(profile.clone()).unwrap();
        encoder.write_image(&gradient(), 24, 16, ExtendedColorType::Rgb8).unwrap();
        let again = decode(&decode(&png).to_png().unwrap());
        assert_eq!(again.icc_profile, kept.then_some(profile));
    }
}
