//! `classify`: photos in, labels out, and what it refuses. The models have to be in the cache.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::http::Connection;
use super::server::{Server, check_signals};
use super::{Bench, pages};
use crate::models;

/// Class and score of what is on the photos of `samples`.
const SEEN: [(&str, &[(u64, f64)]); 2] =
    [("chelsea.png", &[(285, 0.376), (282, 0.251), (281, 0.211)]), ("coffee.png", &[(967, 0.84)])];

pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    pages::check_example(bench, "classify")?;

    let mut server = Server::start(bench, "classify")?;
    bench.check("`classify` becomes ready", || {
        let time = server.wait_until_ready()?;
        Ok(((), format!("{} ms", time.as_millis())))
    })?;
    let address = server.address;
    bench.check("its device and why it was chosen are in the logs of the setup", || {
        let health = Connection::open(address)?.get("/health-check")?.json()?;
        let logs = health["setup"]["logs"].as_str().context("there are none")?;
        ensure!(logs.contains("using the CPU, as this program is built without CUDA"), "{logs}");
        Ok(((), logs.trim_end().to_owned()))
    })?;
    for (name, expected) in SEEN {
        bench.check(&format!("it sees what is on `{name}`"), || {
            let photo = fs::read(models::cache()?.join("samples").join(name))?;
            let (status, reply) = ask(address, &photo)?;
            ensure!(status == 200 && reply["status"] == "succeeded", "{status} {reply}");
            for (place, (class, score)) in expected.iter().enumerate() {
                let label = &reply["output"][place];
                let got = label["score"].as_f64().context("there is no score")?;
                ensure!(label["class"] == *class && (got - score).abs() < 0.01, "{}", reply["output"]);
            }
            let first = &reply["output"][0];
            Ok((
                (),
                format!(
                    "{} {:.3}, {} s",
                    first["label"],
                    first["score"].as_f64().unwrap_or(0.),
                    reply["metrics"]["predict_time"]
                ),
            ))
        })?;
    }
    for (what, picture) in [("no picture", b"this is no picture".to_vec()), ("an empty file", Vec::new())] {
        bench.check(&format!("{what} is refused"), || {
            let (status, reply) = ask(address, &picture)?;
            ensure!(status == 200 && reply["status"] == "failed", "{status} {reply}");
            Ok(((), reply["error"].as_str().context("there is no error")?.to_owned()))
        })?;
    }
    drop(server);
    check_signals(bench, "classify")
}

fn ask(address: SocketAddr, picture: &[u8]) -> Result<(u16, Value)> {
    let image = format!("data:image/png;base64,{}", BASE64.encode(picture));
    let mut connection = Connection::open(address)?;
    let reply = connection.post("/predictions", &json!({ "input": { "image": image } }))?;
    Ok((reply.status, reply.json()?))
}
