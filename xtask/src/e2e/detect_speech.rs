//! `detect-speech`: recordings in, segments out, and what it refuses.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::http::Connection;
use super::server::{Server, check_signals};
use super::{Bench, pages};

const CLIPS: &str = "examples/detect-speech/tests/data";

/// Where somebody speaks in the clips, in seconds.
const SENTENCES: [(f64, f64); 2] = [(1., 3.87), (5., 6.36)];

pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    pages::check_example(bench, "detect-speech")?;

    let mut server = Server::start(bench, "detect-speech")?;
    bench.check("`detect-speech` becomes ready", || {
        let time = server.wait_until_ready()?;
        Ok(((), format!("{} ms", time.as_millis())))
    })?;
    let address = server.address;
    for name in ["clip.flac", "clip.ogg", "clip.mp3"] {
        bench.check(&format!("it finds both sentences of `{name}`"), || {
            let (status, reply) = ask(address, &bench.read(&format!("{CLIPS}/{name}"))?)?;
            ensure!(status == 200 && reply["status"] == "succeeded", "{status} {reply}");
            let segments = reply["output"]["segments"].as_array().context("there are no segments")?;
            ensure!(segments.len() == SENTENCES.len(), "{}", reply["output"]);
            for (segment, (start, end)) in segments.iter().zip(SENTENCES) {
                let number = |name: &str| segment[name].as_f64().context("a segment is no segment");
                let is_near = (number("start")? - start).abs() < 0.2 && (number("end")? - end).abs() < 0.4;
                ensure!(is_near && number("probability")? > 0.9, "{}", reply["output"]);
            }
            Ok(((), format!("{} s", reply["metrics"]["predict_time"])))
        })?;
    }
    for (what, recording) in
        [("no recording", b"this is no recording".repeat(9)), ("an empty file", Vec::new())]
    {
        bench.check(&format!("{what} is refused"), || {
            let (status, reply) = ask(address, &recording)?;
            ensure!(status == 200 && reply["status"] == "failed", "{status} {reply}");
            Ok(((), reply["error"].as_str().context("there is no error")?.to_owned()))
        })?;
    }
    drop(server);
    check_signals(bench, "detect-speech")
}

fn ask(address: SocketAddr, recording: &[u8]) -> Result<(u16, Value)> {
    let audio = format!("data:application/octet-stream;base64,{}", BASE64.encode(recording));
    let mut connection = Connection::open(address)?;
    let reply =
        connection.post("/predictions", &json!({ "input": { "audio": audio, "min_silence": 0.5 } }))?;
    Ok((reply.status, reply.json()?))
}
