//! What is found in a recording with known speech and silence, see `tests/data/README.md`.

use std::path::Path as FilePath;
use std::sync::Mutex;

use candle_core::Device;
use cog_core::Weights;

use super::*;

/// Where the sentences are in `clip`, in seconds.
const SENTENCES: [(f64, f64); 2] = [(1., 3.87), (5., 6.36)];

fn file(name: &str) -> Path {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name).into()
}

fn request(audio: Path) -> Request {
    Request { audio, threshold: 0.5, min_speech: 0.25, min_silence: 0.5 }
}

async fn detect(request: Request) -> Result<Speech> {
    DetectSpeech::setup(&Setup::default()).await?.predict(request, Scope::none()).await
}

#[tokio::test]
async fn both_sentences_are_found_in_every_format() {
    for name in ["clip.flac", "clip.ogg", "clip.mp3"] {
        let speech = detect(request(file(name))).await.unwrap();
        assert!((speech.duration - 8.).abs() < 0.1, "{name}: {}", speech.duration);
        assert_eq!(speech.segments.len(), SENTENCES.len(), "{name}: {:?}", speech.segments);
        for (segment, (start, end)) in speech.segments.iter().zip(SENTENCES) {
            assert!((segment.start - start).abs() < 0.2, "{name}: {segment:?}");
            assert!((segment.end - end).abs() < 0.4, "{name}: {segment:?}");
            assert!(segment.probability > 0.9, "{name}: {segment:?}");
        }
    }
}

#[test]
fn speech_is_near_one_and_pauses_are_near_nothing() {
    let samples = audio::read(&file("clip.flac"), RATE, LONGEST, &Scope::none()).unwrap();
    let weights = VarBuilder::from_slice_safetensors(EMBEDDED, DType::F32, &Device::Cpu).unwrap();
    let detector = Detector::load(&weights).unwrap();
    let told = Mutex::new(Vec::new());
    let tell = |done| {
        told.lock().unwrap().push(done);
        Ok(())
    };
    let probabilities = detector.probabilities(&samples, tell).unwrap();
    assert_eq!(probabilities.len(), samples.len().div_ceil(WINDOW));
    assert_eq!(told.into_inner().unwrap(), [0., 128. / 250.]);

    let within = |from: f64, to: f64| &probabilities[(from / SECONDS) as usize..(to / SECONDS) as usize];
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    for (start, end) in [(1.3, 3.2), (5.2, 6.1)] {
        let mean = mean(within(start, end));
        assert!(mean > 0.9, "speech from {start} to {end}: {mean}");
    }
    for (start, end) in [(0.1, 0.9), (4.2, 4.9), (6.9, 7.9)] {
        let mean = mean(within(start, end));
        assert!(mean < 0.02, "pause from {start} to {end}: {mean}");
    }
}

#[tokio::test]
async fn rules_of_the_client_are_kept() {
    for (rules, expected) in [
        (Request { min_silence: 3., ..request(file("clip.flac")) }, 1),
        (Request { min_speech: 2., ..request(file("clip.flac")) }, 1),
        (Request { min_speech: 10., ..request(file("clip.flac")) }, 0),
    ] {
        assert_eq!(detect(rules).await.unwrap().segments.len(), expected);
    }
}

#[tokio::test]
async fn a_recording_that_cannot_be_read_is_refused() {
    let error = detect(request(file("README.md"))).await.err().unwrap();
    assert!(error.to_string().starts_with("the file is no recording that can be read"), "{error:#}");
}

#[tokio::test]
async fn weights_of_something_else_are_refused() {
    let weights = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../upscale/weights/x2.safetensors");
    let error = DetectSpeech::setup(&Setup::new(Some(Weights::Path(weights)))).await.err().unwrap();
    let error = format!("{error:#}");
    assert!(error.contains("there is no tensor `stft_conv.weight` in"), "{error}");
}
