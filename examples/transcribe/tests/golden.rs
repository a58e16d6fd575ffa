//! What is written down is what is said, with times, in every format and across windows.
//!
//! The weights are fetched by `cargo xtask models transcribe`, and the recordings of people by `cargo xtask models samples`; what needs them
//! says so where they are not there. `cargo xtask ci e2e` fetches them first, and shows the same over HTTP.

use std::cell::Cell;
use std::io::{Write as _, stderr};
use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use anyhow::{Result, anyhow};
use candle_core::Device;
use cog_core::{Path, Predictor as _, Scope, Setup, Weights, audio};
use transcribe::mel::{RATE, WINDOW};
use transcribe::predictor::{Request, Transcript};
use transcribe::segments::Segment;
use transcribe::{Files, Transcribe, Transcriber};

#[tokio::test]
async fn people_are_understood() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    for (name, text, duration) in
        [("Front_Center.wav", " Front, center.", 1.43), ("Rear_Left.wav", " rear left.", 1.31)]
    {
        let transcript = transcribe(&model, sample(name)?).await?;
        assert_eq!(transcript.text, text, "{name}");
        assert!((transcript.duration - duration).abs() < 0.01, "{name}: {transcript:?}");
        let [segment] = transcript.segments.as_slice() else { panic!("{name}: {transcript:?}") };
        assert_eq!(segment.text, text, "{name}");
        assert!(segment.start < 0.3 && segment.end > 1. && segment.end <= transcript.duration, "{segment:?}");
    }
    Ok(())
}

#[tokio::test]
async fn every_format_says_the_same() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    for name in ["clip.flac", "clip.ogg", "clip.mp3"] {
        let transcript = transcribe(&model, clip(name)).await?;
        // A machine says it, and what it says for `nine` and `an` the network has never heard: other implementations hear the same.
        assert_eq!(
            transcript.text, " The train to the coast leaves at Iain. Bring a umbrella.",
            "{name}: {transcript:?}"
        );
        let [first, second] = transcript.segments.as_slice() else { panic!("{name}: {transcript:?}") };
        assert!(first.start < 1.2 && first.end <= second.start, "{name}: {transcript:?}");
        assert!(
            (2.5..5.3).contains(&second.start) && (5.5..7.).contains(&second.end),
            "{name}: {transcript:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_recording_of_two_windows_is_one_text() -> Result<()> {
    let Some(model) = transcriber().await? else { return Ok(()) };
    let mut recording = samples("Front_Center.wav")?;
    recording.resize(WINDOW, 0.);
    recording.extend(samples("Rear_Left.wav")?);
    let windows = model.transcribe(&recording, || Ok(())).collect::<Result<Vec<_>>>()?;
    assert_eq!(windows.len(), 2, "{windows:?}");
    let [first, second] = windows.concat().try_into().unwrap_or_else(|all| panic!("{all:?}"));
    assert_eq!((first.text.as_str(), second.text.as_str()), (" Front, center.", " rear left."));
    assert!(first.start < 0.3 && first.end < 30., "{first:?}");
    assert!((30. ..30.3).contains(&second.start) && (31. ..31.4).contains(&second.end), "{second:?}");
    Ok(())
}

#[tokio::test]
async fn where_nobody_speaks_there_is_no_text() -> Result<()> {
    let Some(model) = transcriber().await? else { return Ok(()) };
    // Noise of a kind that is the same each time.
    let noise = |loudness: f32| {
        (0..5 * RATE).map(move |at| (((at % 1_009).pow(2) % 1_009) as f32 / 504. - 1.) * loudness)
    };
    for (what, samples) in [
        ("nothing", vec![]),
        ("an instant", vec![0.5; 100]),
        ("silence", vec![0.; (40 * RATE) as usize]),
        ("faint noise", noise(0.003).collect()),
    ] {
        let windows = model.transcribe(&samples, || Ok(())).collect::<Result<Vec<_>>>()?;
        assert_eq!(windows.concat(), Vec::<Segment>::new(), "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn it_can_be_ended_at_every_moment() -> Result<()> {
    let Some(model) = transcriber().await? else { return Ok(()) };
    let samples = samples("Front_Center.wav")?;
    let run = |last: usize| {
        let count = Cell::new(0);
        let check = || {
            count.set(count.get() + 1);
            if count.get() > last { Err(anyhow!("enough")) } else { Ok(()) }
        };
        let result = model.transcribe(&samples, check).next().unwrap();
        (count.get(), result)
    };
    let (all, _) = run(usize::MAX);
    // Parts of the spectrogram, of each layer of the encoder, and tokens.
    assert!(all > 6 + 2 + 4 * 11 + 4 + 5, "{all}");
    for last in [0, 1, 5, 6, 7, 8, 9, 20, 30, 36, all - 1] {
        let (count, result) = run(last);
        assert_eq!((count, result.unwrap_err().to_string().as_str()), (last + 1, "enough"));
    }
    Ok(())
}

#[tokio::test]
async fn marks_and_what_is_no_speech_are_never_written() -> Result<()> {
    let Some(model) = transcriber().await? else { return Ok(()) };
    let vocabulary = model.vocabulary();
    let (text, marks): (Vec<u32>, Vec<u32>) =
        vocabulary.suppressed.iter().partition(|token| **token < vocabulary.end);
    // As many as another implementation has in its list for this model, and with the same sum.
    assert_eq!((text.len(), text.iter().sum()), (84, 750_220_u32));
    assert_eq!(marks, (50_257..=50_362).collect::<Vec<u32>>());
    Ok(())
}

#[tokio::test]
async fn what_is_no_recording_is_refused() -> Result<()> {
    let Some(model) = model().await? else { return Ok(()) };
    let empty = tempfile::NamedTempFile::new()?;
    for (what, path, expected) in [
        ("a text", FilePath::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"), "the file is no recording"),
        ("an empty file", empty.path().to_owned(), "the file is empty; send a WAV, MP3, FLAC or Ogg file"),
        ("no file", PathBuf::from("/nowhere.wav"), "cannot read `/nowhere.wav`"),
    ] {
        let error = transcribe(&model, path).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{what}: {error:#}");
    }
    Ok(())
}

#[tokio::test]
async fn weights_that_are_not_there_are_asked_for() {
    let setup = Setup::new(Some(Weights::Path("/nowhere".into())));
    let error = format!("{:#}", Transcribe::setup(&setup).await.err().unwrap());
    assert!(error.contains("run `cargo xtask models transcribe`, or set `COG_WEIGHTS`"), "{error}");
    assert!(error.contains("`/nowhere/tokenizer.json`: No such file"), "{error}");
}

#[tokio::test]
async fn files_of_something_else_are_refused() -> Result<()> {
    let here = FilePath::new(env!("CARGO_MANIFEST_DIR"));
    let load = |files: Files| format!("{:#}", Transcriber::load(&files, &Device::Cpu).err().unwrap());
    let upscale = here.join("../upscale/weights/x2.safetensors");
    let error = load(Files { tensors: upscale, tokenizer: here.join("Cargo.toml") });
    assert!(error.contains("there is no tensor `model.encoder.conv1.weight` in"), "{error}");

    let Some(files) = files().await? else { return Ok(()) };
    let error = load(Files { tokenizer: here.join("Cargo.toml"), ..files });
    assert!(error.contains("Cargo.toml` is no tokenizer of this model"), "{error}");
    Ok(())
}

async fn transcribe(model: &Transcribe, audio: PathBuf) -> Result<Transcript> {
    model.predict(Request { audio: Path::from(audio) }, Scope::none()).await
}

/// A recording that another example has; a machine speaks there.
fn clip(name: &str) -> PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../detect-speech/tests/data").join(name)
}

/// A recording that `cargo xtask models samples` fetches; people speak there.
fn sample(name: &str) -> Result<PathBuf> {
    let home = std::env::home_dir().ok_or_else(|| anyhow!("there is no home directory"))?;
    Ok(home.join(".cache/cog/models/samples").join(name))
}

fn samples(name: &str) -> Result<Vec<f32>> {
    audio::read(&sample(name)?, RATE, Duration::from_secs(60), &Scope::none())
}

/// The model, if its files are here. Tells whoever watches if they are not.
async fn model() -> Result<Option<Transcribe>> {
    Ok(match files().await? {
        Some(_) => Some(Transcribe::setup(&Setup::default()).await?),
        None => None,
    })
}

async fn transcriber() -> Result<Option<Transcriber>> {
    files().await?.map(|files| Transcriber::load(&files, &Device::Cpu)).transpose()
}

async fn files() -> Result<Option<Files>> {
    let files = Files::locate(&Setup::default()).await.ok();
    let are_here = sample("Rear_Left.wav")?.exists();
    if files.is_none() || !are_here {
        // Past the capture of what tests print, which hides it of those that pass.
        writeln!(
            stderr(),
            "transcribe: no weights or recordings here, so this is left to `cargo xtask ci e2e`; `cargo xtask models \
             transcribe samples` fetches them"
        )?;
    }
    Ok(files.filter(|_| are_here))
}
