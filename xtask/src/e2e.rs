//! The built programs, run as a user would: real processes, sockets, files and signals.

mod connection;
mod server;

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use self::connection::Connection;
use self::server::{Server, curl, program};
use crate::shell::{root, say};

/// How many requests follow each other without a pause.
const BACK_TO_BACK: usize = 100_000;

/// What the upscaler may take in memory at most, in KiB, whatever is sent to it.
const MEMORY: u64 = 300 * 1024;

/// Something that a user does, and what has to come of it.
type Scenario = (&'static str, fn() -> Result<()>);

pub(crate) fn run() -> Result<()> {
    let scenarios: [Scenario; 7] = [
        ("hello-world answers", hello),
        ("a port in use is one clear line", port_in_use),
        ("signals end a server cleanly", signals),
        ("back-to-back requests are never refused", back_to_back),
        ("upscale enlarges a photo over HTTP and on the command line", upscale),
        ("upscale refuses what is no picture, and stays small", bad_pictures),
        ("health is answered while the model computes", health),
    ];
    for (name, scenario) in scenarios {
        let began = Instant::now();
        scenario().with_context(|| name.to_owned())?;
        say(&format!("ok: {name} ({:.1} s)", began.elapsed().as_secs_f64()));
    }
    Ok(())
}

fn hello() -> Result<()> {
    let server = Server::start("hello-world", &[])?;
    let body = curl(
        &[
            "-d",
            r#"{"input":{"text":"world"}}"#,
            "-H",
            "content-type: application/json",
            &server.url("/predictions"),
        ],
        b"",
    )?;
    let body: Value = serde_json::from_slice(&body)?;
    ensure!(body["output"] == "hello world", "{body}");
    let printed = Command::new(program("hello-world")).args(["predict", "-i", "text=world"]).output()?;
    ensure!(printed.status.success() && printed.stdout == b"hello world\n", "{printed:?}");
    server.stop("TERM")
}

fn port_in_use() -> Result<()> {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = taken.local_addr()?.port().to_string();
    let output = Command::new(program("hello-world")).args(["--port", &port]).output()?;
    let told = String::from_utf8(output.stderr)?;
    ensure!(
        !output.status.success() && told.trim_end().lines().count() == 1 && told.contains(&port),
        "{told}"
    );
    Ok(())
}

fn signals() -> Result<()> {
    for signal in ["INT", "TERM"] {
        Server::start("hello-world", &[])?.stop(signal)?;
        Server::start("upscale", &[])?.stop(signal)?;
    }
    let server = Server::start("hello-world", &[])?;
    curl(&["-X", "POST", &server.url("/shutdown")], b"")?;
    server.ended()
}

/// One slot, one connection, one request after the other as fast as the replies come.
fn back_to_back() -> Result<()> {
    let server = Server::start("hello-world", &["--max-concurrency", "1"])?;
    let mut connection = Connection::open(server.port())?;
    let request = Connection::post(r#"{"input":{"text":"world"}}"#);
    let began = Instant::now();
    for number in 0..BACK_TO_BACK {
        let (status, body) = connection.send(&request)?;
        ensure!(status == 200, "request {number}: {status} {}", String::from_utf8_lossy(body));
    }
    let rate = BACK_TO_BACK as f64 / began.elapsed().as_secs_f64();
    say(&format!("{BACK_TO_BACK} requests on one connection, none refused, {rate:.0} a second"));
    drop(connection);
    server.stop("TERM")
}

/// The photo of the README, 128 pixels wide and high.
fn photo() -> Result<Vec<u8>> {
    Ok(fs::read(root().join("examples/upscale/tests/data/fixture.png"))?)
}

fn upscale() -> Result<()> {
    let server = Server::start("upscale", &[])?;
    let photo = photo()?;
    ensure!(size(&photo)? == (128, 128));
    let body = server.predict(&json!({ "image": data_url(&photo), "scale": 4 }))?;
    let output = body["output"].as_str().and_then(|url| url.strip_prefix("data:image/png;base64,"));
    let over_http = STANDARD.decode(output.with_context(|| format!("no picture: {body}"))?)?;
    ensure!(size(&over_http)? == (512, 512), "{:?}", size(&over_http)?);
    ensure!(body["metrics"]["timing"]["upscale"].is_f64(), "{}", body["metrics"]);
    server.stop("INT")?;

    let folder = tempfile::tempdir()?;
    let (input, out) = (folder.path().join("photo.png"), folder.path().join("out.png"));
    fs::write(&input, &photo)?;
    let image = format!("image=@{}", input.display());
    let mut predict = Command::new(program("upscale"));
    predict.args(["predict", "-i", &image, "-i", "scale=4", "-o"]).arg(&out);
    let made = predict.output()?;
    ensure!(made.status.success(), "{made:?}");
    ensure!(fs::read(&out)? == over_http, "the command line made another picture than the server");
    Ok(())
}

fn bad_pictures() -> Result<()> {
    let server = Server::start("upscale", &[])?;
    let cases: [(&str, Vec<u8>, &str); 4] = [
        ("no picture", b"hello".to_vec(), "not a picture"),
        ("nothing", Vec::new(), "empty"),
        ("half a picture", photo()?.into_iter().take(2000).collect(), "cut short"),
        ("50,000 pixels wide", png_header(50_000, 50_000), "50000"),
    ];
    for (name, content, words) in cases {
        let body = server.predict(&json!({ "image": data_url(&content) }))?;
        let error = body["error"].as_str().unwrap_or_default();
        ensure!(body["status"] == "failed" && error.contains(words), "{name}: {body}");
    }
    let body = server.predict(&json!({ "image": data_url(&photo()?), "scale": 3 }))?;
    ensure!(body["detail"][0]["msg"] == "3 is not one of [2,4]", "{body}");
    let peak = server.peak_memory()?;
    say(&format!("the upscaler's peak of resident memory: {} MiB", peak / 1024));
    ensure!(peak < MEMORY, "the upscaler took {peak} KiB");
    server.stop("TERM")
}

/// Asks for the health again and again while the only slot computes.
fn health() -> Result<()> {
    let server = Server::start("upscale", &[])?;
    let mut connection = Connection::open(server.port())?;
    let mut times = Vec::new();
    for _ in 0..4 {
        let input = json!({ "input": { "image": data_url(&photo()?), "scale": 4 } }).to_string();
        let mut client = Command::new("curl");
        client.args(["-s", "-o", "/dev/null", "-H", "content-type: application/json", "-d", "@-"]);
        let mut client = client.arg(server.url("/predictions")).stdin(Stdio::piped()).spawn()?;
        client.stdin.take().context("curl has no input")?.write_all(input.as_bytes())?;
        while client.try_wait()?.is_none() {
            let began = Instant::now();
            let (_, body) = connection.send(b"GET /health-check HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
            let time = began.elapsed();
            if serde_json::from_slice::<Value>(body)?["status"] == "BUSY" {
                times.push(time);
            }
        }
    }
    times.sort();
    let (median, worst) = (times.get(times.len() / 2), times.last());
    let (Some(median), Some(worst)) = (median, worst) else { bail!("the model was never seen at work") };
    say(&format!(
        "{} health checks while the model computed: median {median:?}, worst {worst:?}",
        times.len()
    ));
    drop(connection);
    ensure!(*median < Duration::from_millis(10), "the median health check took {median:?}");
    server.stop("TERM")
}

fn data_url(content: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(content))
}

/// Reads the size of a PNG from its header.
fn size(png: &[u8]) -> Result<(u32, u32)> {
    let number = |range: std::ops::Range<usize>| -> Result<u32> {
        Ok(u32::from_be_bytes(png.get(range).context("not a PNG")?.try_into()?))
    };
    Ok((number(16..20)?, number(20..24)?))
}

/// The beginning of a PNG that claims to be large.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&header);
    png.extend(crc32(&header).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT");
    png
}

/// The checksum of PNG chunks (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
    })
}
