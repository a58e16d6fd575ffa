//! `hello-world`: it answers, again and again.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde_json::json;

use super::Bench;
use super::http::{Connection, request};
use super::server::{Server, check_port_in_use, check_signals};

/// How many requests follow one another without a pause.
const REQUESTS: u32 = 100_000;

pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    let mut server = Server::start(bench, "hello-world")?;
    bench.check("`hello-world` becomes ready", || {
        let time = server.wait_until_ready()?;
        Ok(((), format!("{} ms", time.as_millis())))
    })?;

    let mut connection = Connection::open(server.address)?;
    let input = json!({ "input": { "text": "world" } });
    bench.check("it greets", || {
        let reply = connection.post("/predictions", &input)?;
        let prediction = reply.json()?;
        ensure!(reply.status == 200 && prediction["status"] == "succeeded", "{} {prediction}", reply.status);
        ensure!(prediction["output"] == "hello world", "{prediction}");
        Ok(((), prediction["output"].to_string()))
    })?;
    bench.check("its one slot takes the next request as soon as the reply is out, 100,000 times", || {
        let request = request("/predictions", &input);
        let start = Instant::now();
        for number in 1..=REQUESTS {
            let reply = connection.send(&request)?;
            ensure!(reply.status == 200, "request {number} got {}", reply.status);
        }
        let seconds = start.elapsed().as_secs_f64();
        Ok(((), format!("{seconds:.1} s, {:.0} requests/s", f64::from(REQUESTS) / seconds)))
    })?;
    bench.check("it does not grow beyond 40 MiB", || {
        let peak = server.peak_memory()?;
        ensure!(peak <= 40, "{peak} MiB");
        Ok(((), format!("{peak} MiB")))
    })?;
    drop(server);

    check_signals(bench, "hello-world")?;
    check_port_in_use(bench, "hello-world")
}
