//! `embed`: texts in, vectors out, and memory that does not grow.

use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::{Value, json};

use super::http::{Connection, request};
use super::server::{Server, check_signals};
use super::{Bench, pages};

/// How many clients ask at once.
const CLIENTS: usize = 24;

/// How many requests follow one another while the memory is watched.
const REQUESTS: u32 = 10_000;

/// How much larger the server may be after the last of them than after the first tenth, in MiB.
const GROWTH: u64 = 4;

pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    pages::check_example(bench, "embed")?;

    let mut server = Server::start(bench, "embed")?;
    bench.check("`embed` becomes ready", || {
        let time = server.wait_until_ready()?;
        Ok(((), format!("{} ms", time.as_millis())))
    })?;
    let mut connection = Connection::open(server.address)?;
    bench.check("its cosines are those of the model", || {
        let texts =
            ["A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."];
        let vectors: Vec<Vec<f64>> =
            serde_json::from_value(ask(&mut connection, &json!(texts))?["output"].take())?;
        let cosine = |one: usize, other: usize| {
            let products =
                vectors.get(one).into_iter().flatten().zip(vectors.get(other).into_iter().flatten());
            products.map(|(one, other)| one * other).sum::<f64>()
        };
        for (one, other, expected) in [(0, 0, 1.0), (0, 1, 0.7553), (0, 2, -0.1050)] {
            let cosine = cosine(one, other);
            ensure!((cosine - expected).abs() < 1e-3, "{cosine} and not {expected}");
        }
        Ok(((), format!("{:.4}, {:.4}", cosine(0, 1), cosine(0, 2))))
    })?;
    bench.check("its vectors are those of another implementation", || {
        let reference: Vec<Value> =
            serde_json::from_slice(&bench.read("examples/embed/tests/data/reference.json")?)?;
        let texts: Value = reference.iter().map(|entry| entry["text"].clone()).collect();
        let mut prediction = ask(&mut connection, &texts)?;
        let logs = prediction["logs"].as_str().unwrap_or_default();
        ensure!(logs.contains("warning: `texts[8]` is too long"), "no warning of a long text: {logs:?}");
        let vectors: Vec<Vec<f64>> = serde_json::from_value(prediction["output"].take())?;
        let expected: Vec<Vec<f64>> = reference
            .iter()
            .map(|entry| Ok(serde_json::from_value(entry["vector"].clone())?))
            .collect::<Result<_>>()?;
        ensure!(
            vectors.len() == expected.len() && vectors.iter().all(|vector| vector.len() == 384),
            "another shape"
        );
        let pairs = vectors.iter().flatten().zip(expected.iter().flatten());
        let largest = pairs.map(|(got, expected)| (got - expected).abs()).fold(0., f64::max);
        ensure!(largest < 1e-4, "{largest} off");
        Ok(((), format!("at most {largest:.1e} off")))
    })?;
    for (what, texts, status, expected) in [
        ("no text", json!([]), 200, "`texts` is empty; send one text at least"),
        ("an empty text", json!(["x", ""]), 422, "is shorter than 1 characters"),
        ("a number", json!(["x", 1]), 422, "string"),
    ] {
        bench.check(&format!("{what} is refused"), || {
            let reply = connection.post("/predictions", &json!({ "input": { "texts": texts } }))?;
            let (got, reply) = (reply.status, reply.json()?);
            let error = reply["error"]
                .as_str()
                .or(reply["detail"][0]["msg"].as_str())
                .context("there is no error")?;
            ensure!(got == status && error.contains(expected), "{got} {reply}");
            Ok(((), error.to_owned()))
        })?;
    }
    bench.check("clients that ask at once are computed together, and each gets its own vector", || {
        let texts: Vec<_> = (1..=CLIENTS).map(|number| "word ".repeat(number)).collect();
        let address = server.address;
        let asked: Vec<Value> = thread::scope(|threads| {
            let asking: Vec<_> = texts
                .iter()
                .map(|text| threads.spawn(move || ask(&mut Connection::open(address)?, &json!([text]))))
                .collect();
            asking
                .into_iter()
                .map(|thread| thread.join().map_err(|_| anyhow!("a client panicked"))?)
                .collect::<Result<_>>()
        })?;
        let mut largest_batch = 0;
        for (text, prediction) in texts.iter().zip(asked) {
            let alone = ask(&mut connection, &json!([text]))?;
            let number = |value: &Value| value.as_f64().context("no number");
            for place in 0..384 {
                let (got, expected) = (&prediction["output"][0][place], &alone["output"][0][place]);
                ensure!((number(got)? - number(expected)?).abs() < 1e-4, "{got} and not {expected}");
            }
            let size = prediction["metrics"]["batch"]["size"].as_u64().context("there is no `batch.size`")?;
            largest_batch = largest_batch.max(size);
        }
        ensure!(largest_batch > 1, "each was alone in its batch");
        Ok(((), format!("up to {largest_batch} of {CLIENTS} in a batch")))
    })?;
    bench.check("10,000 requests later it is as large as before", || {
        let request = request("/predictions", &json!({ "input": { "texts": ["A short text."] } }));
        let start = Instant::now();
        let mut before = 0;
        for number in 1..=REQUESTS {
            let reply = connection.send(&request)?;
            ensure!(reply.status == 200, "request {number} got {}", reply.status);
            if number == REQUESTS / 10 {
                before = server.memory()?;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        let after = server.memory()?;
        ensure!(after <= before + GROWTH, "{after} MiB after {before} MiB");
        Ok(((), format!("{before} MiB after 1,000, {after} MiB after 10,000, {seconds:.0} s")))
    })?;
    drop(server);
    check_signals(bench, "embed")
}

/// Asks for the vectors of some texts, and returns the prediction.
fn ask(connection: &mut Connection, texts: &Value) -> Result<Value> {
    let reply = connection.post("/predictions", &json!({ "input": { "texts": texts } }))?;
    let (status, prediction) = (reply.status, reply.json()?);
    ensure!(status == 200 && prediction["status"] == "succeeded", "{status} {prediction}");
    Ok(prediction)
}
