//! `transcribe`: recordings in, what is said out, while it is said, and an end to it at any moment.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::http::{Connection, EventStream};
use super::server::{Server, check_signals};
use super::{Bench, pages};
use crate::models;

/// How soon after a cancel the slot has to be free.
const BOUND: Duration = Duration::from_millis(200);
/// How many predictions are canceled, each at another moment.
const CANCELS: u32 = 40;

pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    pages::check_example(bench, "transcribe")?;

    let mut server = Server::start(bench, "transcribe")?;
    bench.check("`transcribe` becomes ready", || {
        let time = server.wait_until_ready()?;
        Ok(((), format!("{} ms", time.as_millis())))
    })?;
    let address = server.address;
    let sample =
        |name: &str| -> Result<Vec<u8>> { Ok(std::fs::read(models::cache()?.join("samples").join(name))?) };
    for (name, expected) in [("Front_Center.wav", " Front, center."), ("Rear_Left.wav", " rear left.")] {
        bench.check(&format!("it understands `{name}`"), || {
            let prediction = understood(address, &sample(name)?)?;
            let output = &prediction["output"];
            let segments = output["segments"].as_array().context("there are no segments")?;
            ensure!(output["text"] == expected && segments.len() == 1, "{output}");
            ensure!(segments[0]["text"] == expected && segments[0]["end"].as_f64() > Some(1.), "{output}");
            Ok(((), format!("{output} {}", prediction["metrics"])))
        })?;
    }
    for name in ["clip.flac", "clip.ogg", "clip.mp3"] {
        bench.check(&format!("it understands `{name}`"), || {
            let clip = bench.read(&format!("examples/detect-speech/tests/data/{name}"))?;
            let text = understood(address, &clip)?["output"]["text"].take();
            // A machine says it, and its `nine` and `an` are not like anybody's.
            ensure!(text == " The train to the coast leaves at Iain. Bring a umbrella.", "{text}");
            Ok(((), text.to_string()))
        })?;
    }
    for (what, recording, expected) in [
        ("no recording", b"this is no recording".repeat(9), "the file is no recording that can be read"),
        ("an empty file", Vec::new(), "the file is empty"),
        (
            "a recording that is cut short",
            sample("Rear_Left.wav")?[..40].to_vec(),
            "the file is no recording",
        ),
        (
            "a recording of more than two hours",
            wav(1_000, &vec![0; 7_200_001]),
            "the recording is longer than 7200",
        ),
    ] {
        bench.check(&format!("{what} is refused"), || {
            let reply = ask(address, &recording)?;
            let error = reply["error"].as_str().with_context(|| format!("there is no error: {reply}"))?;
            ensure!(reply["status"] == "failed" && error.starts_with(expected), "{error}");
            Ok(((), error.to_owned()))
        })?;
    }
    bench.check("where nobody speaks there is no text", || {
        let output = understood(address, &wav(16_000, &vec![0; 10 * 16_000]))?["output"].take();
        ensure!(output == json!({ "text": "", "segments": [], "duration": 10.0 }), "{output}");
        Ok(((), output.to_string()))
    })?;
    let long = two_windows(&sample("Front_Center.wav")?, &sample("Rear_Left.wav")?)?;
    bench.check("of a long recording each segment is told when it is known", || told(address, &long))?;
    bench.check("a cancel at any moment frees the slot within 200 ms", || canceled(address, &long))?;
    drop(server);
    check_signals(bench, "transcribe")
}

/// Asks for a transcript, and returns the prediction.
fn ask(address: SocketAddr, recording: &[u8]) -> Result<Value> {
    let reply = Connection::open(address)?.post("/predictions", &body(recording))?.json()?;
    Ok(reply)
}

fn understood(address: SocketAddr, recording: &[u8]) -> Result<Value> {
    let prediction = ask(address, recording)?;
    ensure!(prediction["status"] == "succeeded", "{prediction}");
    Ok(prediction)
}

fn body(recording: &[u8]) -> Value {
    json!({ "input": { "audio": format!("data:audio/wav;base64,{}", BASE64.encode(recording)) } })
}

/// One channel of 16 bits a sample.
fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = data.len() as u32;
    let mut file =
        [b"RIFF".as_slice(), &(36 + length).to_le_bytes(), b"WAVEfmt \x10\0\0\0\x01\0\x01\0"].concat();
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(length.to_le_bytes());
    file.extend(data);
    file
}

/// A recording whose second window begins with the second of these.
fn two_windows(first: &[u8], second: &[u8]) -> Result<Vec<u8>> {
    const RATE: u32 = 48_000;
    let mut samples = samples(first, RATE)?;
    samples.resize(30 * RATE as usize, 0);
    samples.extend(self::samples(second, RATE)?);
    Ok(wav(RATE, &samples))
}

/// The samples of a file that [`wav`] could have written.
fn samples(file: &[u8], rate: u32) -> Result<Vec<i16>> {
    let start = file.windows(4).position(|word| word == b"data").context("there are no samples")? + 8;
    ensure!(
        file.get(22..28) == Some(&[[1, 0].as_slice(), &rate.to_le_bytes()].concat()),
        "another kind of file"
    );
    Ok(file[start..].chunks_exact(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])).collect())
}

/// Follows a prediction of two windows.
fn told(address: SocketAddr, recording: &[u8]) -> Result<((), String)> {
    let mut events = EventStream::open(address, &body(recording))?;
    let (mut lines, mut progress) = (Vec::new(), Vec::new());
    while let Some(event) = events.next()? {
        match event.name.as_str() {
            "log" => {
                let line = event.data["data"].as_str().context("a log without a line")?.trim_end();
                lines.push((Instant::now(), line.to_owned()));
            }
            "progress" => {
                progress.push(event.data["fraction"].as_f64().context("progress without a fraction")?);
            }
            "completed" => {
                let end = Instant::now();
                ensure!(event.data["output"]["text"] == " Front, center. rear left.", "{}", event.data);
                ensure!(event.data["output"]["segments"][1]["start"].as_f64() >= Some(30.), "{}", event.data);
                let [(first, front), (_, rear)] = lines.as_slice() else { bail!("the logs are {lines:?}") };
                ensure!(front.ends_with("] Front, center.") && rear.ends_with("] rear left."), "{lines:?}");
                let [0., window, 1.] = progress.as_slice() else { bail!("the progress is {progress:?}") };
                ensure!((0.9..1.).contains(window), "the progress is {progress:?}");
                // A window takes several hundred milliseconds.
                let before = end - *first;
                ensure!(before > Duration::from_millis(100), "only {before:?} before the end");
                return Ok(((), format!("`{front}`, {} ms before the end", before.as_millis())));
            }
            _ => {}
        }
    }
    bail!("the stream ended too early")
}

/// Cancels predictions, each some milliseconds later than the one before, from the first on that has begun to one that is over.
fn canceled(address: SocketAddr, recording: &[u8]) -> Result<((), String)> {
    let whole = duration(address, recording)?;
    let mut times = Vec::new();
    for moment in (0..CANCELS).map(|number| whole * number / CANCELS) {
        // The last ones may be over before they are canceled.
        if let Some(time) = cancel(address, recording, moment)? {
            ensure!(time < BOUND, "{time:?} for a cancel after {moment:?}");
            times.push(time);
        }
    }
    ensure!(times.len() > CANCELS as usize * 3 / 4, "only {} were canceled", times.len());
    times.sort();
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    Ok((
        (),
        format!(
            "median {} ms, longest {} ms of {}, within the {} ms that all takes",
            median.as_millis(),
            longest.as_millis(),
            times.len(),
            whole.as_millis()
        ),
    ))
}

/// How long a prediction takes from its start.
fn duration(address: SocketAddr, recording: &[u8]) -> Result<Duration> {
    let seconds = understood(address, recording)?["metrics"]["predict_time"].as_f64();
    Ok(Duration::from_secs_f64(seconds.context("there is no `predict_time`")?))
}

/// Cancels a prediction a while after its start, and returns how long it took until the slot was free. Nothing if it was over before.
fn cancel(address: SocketAddr, recording: &[u8], after: Duration) -> Result<Option<Duration>> {
    let mut events = EventStream::open(address, &body(recording))?;
    let start = events.next()?.context("there is no event")?;
    let id = start.data["id"].as_str().context("there is no id")?;
    let mut connection = Connection::open(address)?;
    std::thread::sleep(after);
    let canceled_at = Instant::now();
    let status = connection.post(&format!("/predictions/{id}/cancel"), &json!({}))?.status;
    ensure!(status == 200 || status == 404, "the cancel got {status}");
    while let Some(event) = events.next()? {
        if event.name == "completed" {
            let time = canceled_at.elapsed();
            let health = connection.get("/health-check")?.json()?;
            ensure!(health["status"] == "READY", "{health}");
            return Ok((event.data["status"] == "canceled").then_some(time));
        }
    }
    bail!("the stream ended too early")
}
