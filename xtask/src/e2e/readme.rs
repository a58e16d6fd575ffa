//! The commands of the README, typed as they stand there.

use anyhow::{Context as _, Result, ensure};

use super::Bench;
use super::server::Server;
use crate::workspace::clean;

/// The address that the README's servers listen on.
const ADDRESS: &str = "localhost:5000";

pub(super) fn check(bench: &Bench<'_>) -> Result<()> {
    let readme = String::from_utf8(bench.read("README.md")?)?;
    let mut server = None;
    let mut requests = 0;
    for command in commands(&readme) {
        if let Some(package) =
            command.strip_prefix("cargo run --release -p ").filter(|rest| !rest.contains(' '))
        {
            let mut started = Server::start(bench, package)?;
            started.wait_until_ready()?;
            server = Some(started);
        } else if command.contains(ADDRESS) {
            let server = server.as_ref().context("a request comes before the server that it goes to")?;
            let address = server.address.to_string();
            bench.check(&in_one_line(command), || run(bench, &command.replace(ADDRESS, &address)))?;
            requests += 1;
        } else if command.starts_with("cargo run --release ") {
            bench.check(&in_one_line(command), || run(bench, command))?;
        }
    }
    ensure!(requests >= 2, "the README has {requests} requests; there should be one for each example");
    Ok(())
}

/// The commands of all shell blocks. One that ends in a backslash goes on in the next line.
fn commands(markdown: &str) -> Vec<&str> {
    let blocks = markdown.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut commands = Vec::new();
    for block in blocks {
        let mut start = 0;
        for (end, _) in block.match_indices('\n') {
            if !block[..end].ends_with('\\') {
                commands.push(block[start..end].trim());
                start = end + 1;
            }
        }
    }
    commands
}

fn in_one_line(command: &str) -> String {
    let short: String = command.replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ");
    format!("README: `{short}`")
}

/// Runs a command in a shell at the root of the repository. The picture it makes has to be a large one.
fn run(bench: &Bench<'_>, command: &str) -> Result<((), String)> {
    let picture = bench.scratch.join("readme.png");
    if picture.exists() {
        std::fs::remove_file(&picture)?;
    }
    let makes_picture = command.contains("upscaled.png");
    let command = command.replace("upscaled.png", &picture.to_string_lossy());
    let output =
        clean("sh").args(["-c", &command]).current_dir(&bench.workspace.root).output().context("no shell")?;
    ensure!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    if makes_picture {
        let size = super::upscale::size(&std::fs::read(&picture)?)?;
        ensure!(size == (512, 512), "the picture is {size:?}");
        return Ok(((), "512 by 512 pixels".to_owned()));
    }
    let told = String::from_utf8(output.stdout)?;
    ensure!(!told.trim().is_empty(), "it printed nothing");
    Ok(((), told.trim_end().to_owned()))
}
