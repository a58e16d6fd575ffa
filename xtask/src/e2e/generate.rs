//! `generate`: a text that comes piece by piece, can be stopped, and is the same each time.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::http::{Connection, EventStream};
use super::server::{Server, check_signals};
use super::{Bench, pages};

pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    pages::check_example(bench, "generate")?;

    let mut server = Server::start(bench, "generate")?;
    bench.check("`generate` becomes ready", || {
        let time = server.wait_until_ready()?;
        Ok(((), format!("{} ms", time.as_millis())))
    })?;
    let address = server.address;
    bench.check("` Paris` is the first that follows `The capital of France is`", || {
        let input =
            json!({ "prompt": "The capital of France is", "chat": false, "temperature": 0, "max_tokens": 8 });
        let prediction = ask(address, &input)?;
        ensure!(prediction["output"][0] == " Paris", "{}", prediction["output"]);
        Ok(((), prediction["output"].to_string()))
    })?;
    bench.check("the same seed makes the same text", || {
        let say = |seed: u32| -> Result<Value> {
            let input =
                json!({ "prompt": "Tell me a story.", "max_tokens": 24, "temperature": 1, "seed": seed });
            Ok(ask(address, &input)?["output"].take())
        };
        let (first, again, other) = (say(1)?, say(1)?, say(2)?);
        ensure!(first == again, "{first} and then {again}");
        ensure!(first != other, "another seed makes {other} as well");
        Ok(((), String::new()))
    })?;
    bench.check("a stop string ends it", || {
        let input = json!({
            "prompt": "1, 2, 3, 4, 5, 6,", "chat": false, "temperature": 0, "repeat_penalty": 1, "stop": [", 9"]
        });
        let prediction = ask(address, &input)?;
        let pieces: Vec<String> = serde_json::from_value(prediction["output"].clone())?;
        ensure!(pieces.concat() == " 7, 8", "{pieces:?}");
        Ok(((), format!("{pieces:?}")))
    })?;
    bench.check("a prompt that is too long is refused", || {
        let input = json!({ "input": { "prompt": "word ".repeat(5000) } });
        let reply = Connection::open(address)?.post("/predictions", &input)?.json()?;
        ensure!(reply["status"] == "failed", "{reply}");
        let error = reply["error"].as_str().unwrap_or_default();
        ensure!(error.contains("the prompt has 50") && error.contains("send a shorter one"), "{error}");
        Ok(((), error.to_owned()))
    })?;
    bench.check("the first piece is there 5 ms after its token was chosen", || {
        let mut delays = (0..9).map(|_| delay_of_first_piece(address)).collect::<Result<Vec<_>>>()?;
        delays.sort_by(f64::total_cmp);
        let (median, longest) = (delays[4], delays[8]);
        ensure!(median < 0.005, "median {:.2} ms, longest {:.2} ms", median * 1e3, longest * 1e3);
        Ok(((), format!("median {:.2} ms, longest {:.2} ms of 9", median * 1e3, longest * 1e3)))
    })?;
    bench.check("a cancel frees its slot within one token", || {
        let mut cancels = (0..9).map(|_| cancel(address)).collect::<Result<Vec<_>>>()?;
        cancels.sort_by_key(|cancel| cancel.time);
        let (median, longest) = (&cancels[4], &cancels[8]);
        ensure!(cancels.iter().all(|cancel| cancel.pieces <= 2), "more pieces came after it");
        ensure!(
            median.time <= 2 * median.token,
            "median {:?}, a token takes {:?}",
            median.time,
            median.token
        );
        Ok((
            (),
            format!(
                "median {:.1?}, longest {:.1?} of 9; a token takes {:.1?}",
                median.time, longest.time, median.token
            ),
        ))
    })?;
    bench.check("it tells how fast it is", || {
        let input = json!({ "prompt": "Tell me a story.", "max_tokens": 100, "seed": 1 });
        let metrics = ask(address, &input)?["metrics"].take();
        for name in ["input_token_count", "output_token_count", "time_to_first_token", "tokens_per_second"] {
            ensure!(metrics[name].is_number(), "there is no `{name}`: {metrics}");
        }
        Ok(((), metrics.to_string()))
    })?;
    drop(server);
    check_signals(bench, "generate")
}

/// Asks for a text, and returns the prediction.
fn ask(address: SocketAddr, input: &Value) -> Result<Value> {
    let mut connection = Connection::open(address)?;
    let reply = connection.post("/predictions", &json!({ "input": input }))?;
    let (status, prediction) = (reply.status, reply.json()?);
    ensure!(status == 200 && prediction["status"] == "succeeded", "{status} {prediction}");
    Ok(prediction)
}

/// How long after its token was chosen the first piece is here, in seconds. Client and server share a clock.
fn delay_of_first_piece(address: SocketAddr) -> Result<f64> {
    let input = json!({ "prompt": "Tell me a story.", "max_tokens": 12, "seed": 1 });
    let mut events = EventStream::open(address, &json!({ "input": input }))?;
    let mut arrived_at = None;
    while let Some(event) = events.next()? {
        match event.name.as_str() {
            "output" if arrived_at.is_none() => {
                arrived_at = Some(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64());
            }
            "completed" => {
                let started_at = event.data["started_at"].as_str().context("there is no `started_at`")?;
                let started_at: jiff::Timestamp = started_at.parse()?;
                let waited =
                    event.data["metrics"]["time_to_first_token"].as_f64().context("it was not measured")?;
                let chosen_at = started_at.as_nanosecond() as f64 / 1e9 + waited;
                return Ok(arrived_at.context("there was no piece")? - chosen_at);
            }
            _ => {}
        }
    }
    bail!("the stream ended too early")
}

struct Cancel {
    /// From the request to cancel until the slot has the next prediction.
    time: Duration,
    /// How many pieces came in that time.
    pieces: usize,
    /// How long a token took before.
    token: Duration,
}

/// Cancels a prediction after some pieces, and takes its slot.
fn cancel(address: SocketAddr) -> Result<Cancel> {
    let input = json!({ "prompt": "Count from one to a thousand.", "max_tokens": 1000, "temperature": 0 });
    let mut events = EventStream::open(address, &json!({ "input": input }))?;
    let mut pieces = Vec::new();
    let mut id = String::new();
    while pieces.len() < 12 {
        let event = events.next()?.context("the stream ended too early")?;
        match event.name.as_str() {
            "start" => event.data["id"].as_str().context("there is no id")?.clone_into(&mut id),
            "output" => pieces.push(Instant::now()),
            _ => {}
        }
    }
    let (first, last) = (pieces[0], pieces[pieces.len() - 1]);
    let token = (last - first) / (pieces.len() as u32 - 1);

    let mut connection = Connection::open(address)?;
    let start = Instant::now();
    let status = connection.post(&format!("/predictions/{id}/cancel"), &json!({}))?.status;
    ensure!(status == 200, "the cancel got {status}");
    let mut pieces = 0;
    while let Some(event) = events.next()? {
        match event.name.as_str() {
            "output" => pieces += 1,
            "completed" => {
                let time = start.elapsed();
                ensure!(event.data["status"] == "canceled", "{}", event.data);
                ensure!(
                    event.data["metrics"]["output_token_count"].as_u64() >= Some(12),
                    "{}",
                    event.data["metrics"]
                );
                let health = connection.get("/health-check")?.json()?;
                ensure!(health["status"] == "READY", "{health}");
                return Ok(Cancel { time, pieces, token });
            }
            _ => {}
        }
    }
    bail!("the stream ended too early")
}
