//! Every format, rate and number of channels, and files that are none.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::prediction::Record;
use crate::scope::Directory;

const RATE: u32 = 16_000;
const LONGEST: Duration = Duration::from_secs(8);

/// A WAV file of 16 bits a sample.
fn wav(rate: u32, channels: u16, samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| ((sample * 32_767.) as i16).to_le_bytes()).collect();
    let header = header(rate, channels, u32::try_from(data.len()).unwrap());
    [header, data].concat()
}

fn header(rate: u32, channels: u16, length: u32) -> Vec<u8> {
    let frame = channels * 2;
    let bytes_a_second = rate.saturating_mul(frame.into());
    let mut header = b"RIFF".to_vec();
    header.extend((36 + length).to_le_bytes());
    header.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    header.extend(channels.to_le_bytes());
    header.extend(rate.to_le_bytes());
    header.extend(bytes_a_second.to_le_bytes());
    header.extend(frame.to_le_bytes());
    header.extend(b"\x10\0data");
    header.extend(length.to_le_bytes());
    header
}

/// Half a second of a tone, the same in all channels.
fn tone(rate: u32, channels: u16) -> Vec<f32> {
    let frames =
        (0..rate / 2).map(|frame| (110. * std::f32::consts::TAU * frame as f32 / rate as f32).sin() / 2.);
    frames.flat_map(|sample| std::iter::repeat_n(sample, channels.into())).collect()
}

fn decode(content: &[u8]) -> Result<Vec<f32>, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    read(file.path(), RATE, LONGEST, &Scope::none()).map_err(|error| format!("{error:#}"))
}

/// A recording that an example has. What is in it says the README beside it.
fn clip(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/detect-speech/tests/data").join(name)
}

#[test]
fn any_rate_and_number_of_channels_becomes_the_same_sound() {
    let expected = tone(RATE, 1);
    for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000] {
        for channels in [1, 2, 6] {
            let samples = decode(&wav(rate, channels, &tone(rate, channels))).unwrap();
            let length = (u64::from(rate / 2) * u64::from(RATE)).div_ceil(rate.into());
            assert_eq!(samples.len() as u64, length, "{rate} {channels}");
            // Near the ends a tone that begins or stops has other frequencies too, which a lower rate cannot hold.
            let middle = 1_000..7_000;
            let pairs = samples[middle.clone()].iter().zip(&expected[middle]);
            let worst = pairs.map(|(got, expected)| (got - expected).abs()).fold(0., f32::max);
            // At most one sample late, as a resampler may be.
            assert!(worst < 0.022, "{rate} {channels}: {worst}");
        }
    }
}

#[test]
fn formats_with_loss_sound_like_the_one_without() {
    let expected = decode(&fs::read(clip("clip.flac")).unwrap()).unwrap();
    assert_eq!(expected.len(), 8 * RATE as usize);
    for name in ["clip.ogg", "clip.mp3"] {
        let samples = decode(&fs::read(clip(name)).unwrap()).unwrap();
        let seconds = samples.len() as f32 / RATE as f32;
        assert!((seconds - 8.).abs() < 0.1, "{name} has {seconds} s");
        let energy = |samples: &[f32]| samples.iter().map(|sample| sample * sample).sum::<f32>().sqrt();
        let difference = energy(&samples) / energy(&expected) - 1.;
        assert!(difference.abs() < 0.05, "{name}: {difference}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    let unknown = "the file is no recording that can be read; send a WAV, MP3, FLAC or Ogg file";
    let damaged = "the recording is damaged or cut short; send the whole file";
    let flac = fs::read(clip("clip.flac")).unwrap();
    for (what, content, expected) in [
        ("nothing", Vec::new(), "the file is empty; send a WAV, MP3, FLAC or Ogg file"),
        ("a text", b"this is no recording".repeat(100), unknown),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec(), unknown),
        ("only a header", header(RATE, 1, 0), "there is no sound in the file; send another one"),
        ("a beginning", flac[..40].to_vec(), unknown),
        ("half a file", flac[..flac.len() / 2].to_vec(), damaged),
        (
            "a rate that is none",
            wav(4_000_000_000, 1, &[0.; 100]),
            "the recording has 4000000000 samples a second",
        ),
        (
            "a long one",
            wav(1_000, 1, &[0.; 8_001]),
            "the recording is longer than 8 seconds; send it in parts",
        ),
    ] {
        let error = decode(&content).map(|samples| samples.len()).unwrap_err();
        assert!(error.starts_with(expected), "{what}: {error}");
    }
}

#[test]
fn a_cancel_ends_it() {
    let record = Record::new("reading".parse().unwrap(), false, 8);
    record.cancellation().cancel();
    let scope = Scope::new(Arc::new(record), HashMap::new(), Directory::new(None));
    let error = read(&clip("clip.flac"), RATE, LONGEST, &scope).unwrap_err();
    assert!(error.is::<crate::Canceled>(), "{error:#}");
}
