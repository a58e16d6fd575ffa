//! `upscale`: a real model, what it makes, and what it refuses.

use std::fs;
use std::io::Cursor;
use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use image::{ImageFormat, ImageReader};
use serde_json::{Value, json};

use super::Bench;
use super::http::Connection;
use super::server::{Server, check_port_in_use, check_signals};

const PHOTO: &str = "examples/upscale/tests/data/fixture.png";
const LARGE_PHOTO: &str = "examples/upscale/tests/data/x4.png";

/// How long a health check may take while the model computes.
const PROMPT: Duration = Duration::from_millis(10);

/// How much memory the server may take, whatever it is sent.
const MEMORY: u64 = 300;

pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    let mut server = Server::start(bench, "upscale")?;
    bench.check("`upscale` becomes ready", || {
        let time = server.wait_until_ready()?;
        Ok(((), format!("{} ms", time.as_millis())))
    })?;
    let address = server.address;
    let photo = bench.read(PHOTO)?;

    let enlarged = bench.check("it makes 512 by 512 pixels of 128 by 128", || {
        let start = Instant::now();
        let enlarged = upscale(address, &photo, 4)?;
        let seconds = start.elapsed().as_secs_f64();
        ensure!(size(&photo)? == (128, 128), "the photo is {:?}", size(&photo)?);
        ensure!(size(&enlarged)? == (512, 512), "the result is {:?}", size(&enlarged)?);
        Ok((enlarged, format!("{seconds:.2} s")))
    })?;
    bench.check("`predict` makes the same bytes", || {
        let result = predict(bench)?;
        ensure!(result == enlarged, "{} bytes over HTTP and {} by `predict`", enlarged.len(), result.len());
        Ok(((), format!("{} bytes", result.len())))
    })?;
    let large = bench.read(LARGE_PHOTO)?;
    bench.check("health checks take less than 10 ms while it computes", || {
        let mut times = times_of_health_checks(address, &large)?;
        times.sort();
        let (median, max) = (times[times.len() / 2], times[times.len() - 1]);
        ensure!(median < PROMPT, "median {median:.2?}, longest {max:.2?} of {}", times.len());
        Ok(((), format!("median {median:.2?}, longest {max:.2?} of {}", times.len())))
    })?;
    for (what, picture) in [
        ("no picture", b"this is no picture".to_vec()),
        ("an empty file", Vec::new()),
        ("a picture cut short", photo[..photo.len() / 2].to_vec()),
        ("a header of 50,000 by 50,000 pixels", png_header(50_000, 50_000)),
    ] {
        bench.check(&format!("{what} is refused"), || {
            let (status, reply) = ask(address, &picture, 4)?;
            ensure!(status == 200 && reply["status"] == "failed", "{status} {reply}");
            let error = reply["error"].as_str().context("there is no error")?;
            ensure!(!error.is_empty() && error.len() < 200, "the error is {} bytes long", error.len());
            Ok(((), error.to_owned()))
        })?;
    }
    bench.check("a scale of 3 is refused", || {
        let (status, reply) = ask(address, &photo, 3)?;
        ensure!(status == 422 && reply["detail"][0]["loc"].is_array(), "{status} {reply}");
        Ok(((), format!("{status} {}", reply["detail"][0]["msg"])))
    })?;
    bench.check("it works as before after all that", || {
        ensure!(upscale(address, &photo, 4)? == enlarged, "the result is another one");
        Ok(((), String::new()))
    })?;
    bench.check(&format!("it never took more than {MEMORY} MiB"), || {
        let peak = server.peak_memory()?;
        ensure!(peak <= MEMORY, "{peak} MiB");
        Ok(((), format!("{peak} MiB")))
    })?;
    drop(server);

    check_signals(bench, "upscale")?;
    check_port_in_use(bench, "upscale")
}

/// Asks for a prediction and returns what the server says.
fn ask(address: SocketAddr, picture: &[u8], scale: u32) -> Result<(u16, Value)> {
    let image = format!("data:image/png;base64,{}", BASE64.encode(picture));
    let mut connection = Connection::open(address)?;
    let reply = connection.post("/predictions", &json!({ "input": { "image": image, "scale": scale } }))?;
    Ok((reply.status, reply.json()?))
}

/// Asks for a prediction and returns the picture.
fn upscale(address: SocketAddr, picture: &[u8], scale: u32) -> Result<Vec<u8>> {
    let (status, reply) = ask(address, picture, scale)?;
    ensure!(status == 200 && reply["status"] == "succeeded", "{status} {}", reply["error"]);
    let url = reply["output"].as_str().context("the output is no URL")?;
    let data = url.strip_prefix("data:image/png;base64,").context("the output is no PNG")?;
    Ok(BASE64.decode(data)?)
}

/// What `upscale predict` makes of the photo.
fn predict(bench: &Bench<'_>) -> Result<Vec<u8>> {
    let output = bench.scratch.join("predict.png");
    if output.exists() {
        fs::remove_file(&output)?;
    }
    let status = Command::new(bench.binary("upscale"))
        .current_dir(&bench.workspace.root)
        .args(["predict", "-i", &format!("image=@{PHOTO}"), "-i", "scale=4", "-o"])
        .arg(&output)
        .status()?;
    ensure!(status.success(), "it ended with {status}");
    fs::read(&output).with_context(|| format!("it did not write `{}`", output.display()))
}

/// How long health checks take from the first that sees the server busy until the prediction is over.
fn times_of_health_checks(address: SocketAddr, picture: &[u8]) -> Result<Vec<Duration>> {
    thread::scope(|scope| {
        let prediction = scope.spawn(|| upscale(address, picture, 4));
        let mut times = Vec::new();
        while !prediction.is_finished() {
            let start = Instant::now();
            let health = Connection::open(address)?.get("/health-check")?.json()?;
            let time = start.elapsed();
            if health["status"] == "BUSY" {
                times.push(time);
            }
            thread::sleep(Duration::from_millis(2));
        }
        let enlarged = prediction.join().map_err(|_| anyhow::anyhow!("the client panicked"))??;
        ensure!(size(&enlarged)? == (2048, 2048), "the result is {:?}", size(&enlarged)?);
        ensure!(times.len() >= 20, "only {} health checks met a busy server", times.len());
        Ok(times)
    })
}

/// Width and height of a PNG, all of which is decoded.
pub(super) fn size(png: &[u8]) -> Result<(u32, u32)> {
    let image = ImageReader::with_format(Cursor::new(png), ImageFormat::Png).decode()?;
    Ok((image.width(), image.height()))
}

/// The beginning of a PNG that says how large it is, and no more.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    // 8 bits of red, green and blue, not interlaced.
    chunk.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(&chunk);
    png.extend(crc(&chunk).to_be_bytes());
    png.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82");
    png
}

/// The checksum of a PNG chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}
