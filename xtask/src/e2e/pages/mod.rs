//! The README and the guide, followed to the letter.
//!
//! A page is a list of steps, and somebody who knows nothing else carries them out: in a new directory outside the workspace that holds
//! a checkout called `cog`, as the tutorials say, or in the checkout itself. `markdown` has the rules for those who write pages.

mod markdown;
mod reader;

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use self::reader::Reader;
use super::Bench;

/// The pages that begin with an empty directory, in the order in which they are read.
const TUTORIALS: [&str; 4] = ["write-a-predictor.md", "serve-it.md", "embed-it.md", "training.md"];

/// Follows the README. The pictures that it makes have to be large ones.
pub(super) fn check_readme(bench: &Bench<'_>) -> Result<()> {
    let pictures = ["upscaled.png", "enlarged.png"].map(|name| (name, bench.scratch.join(name)));
    let mut reader = Reader::new(bench, bench.workspace.root.clone());
    for (name, path) in &pictures {
        // It is as well if there is none.
        let _ = fs::remove_file(path);
        reader = reader.with_name(name, path);
    }
    // `.ci/run` does this one.
    reader.follow("README.md", &["cargo test --workspace"])?;
    for (name, path) in &pictures {
        bench.check(&format!("README.md: `{name}` is larger than the photo"), || {
            let size = super::upscale::size(&fs::read(path)?)?;
            ensure!(size == (512, 512), "it is {size:?}");
            Ok(((), "512 by 512 pixels".to_owned()))
        })?;
    }
    Ok(())
}

/// Follows the README of an example.
pub(super) fn check_example(bench: &Bench<'_>, name: &str) -> Result<()> {
    let page = format!("examples/{name}/README.md");
    let typed = Reader::new(bench, bench.workspace.root.clone()).follow(&page, &[])?;
    ensure!(typed > 0, "`{page}` tells nobody to do anything");
    Ok(())
}

/// Follows all pages of the guide.
pub(super) fn check_guide(bench: &Bench<'_>) -> Result<()> {
    let home = home(bench)?;
    for name in TUTORIALS {
        let page = format!("docs/guide/{name}");
        let typed = Reader::new(bench, home.clone()).follow(&page, &[])?;
        ensure!(typed > 0, "`{page}` tells nobody to do anything");
    }
    fs::remove_dir_all(&home)?;
    for page in references(bench)? {
        Reader::new(bench, bench.workspace.root.clone()).follow(&page, &[])?;
    }
    Ok(())
}

/// Makes the directory that a newcomer begins in. It is always the same one, so that cargo knows again what it has built.
fn home(bench: &Bench<'_>) -> Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    bench.workspace.root.hash(&mut hasher);
    let home = std::env::temp_dir().join(format!("cog-guide-{:016x}", hasher.finish()));
    if home.exists() {
        fs::remove_dir_all(&home).with_context(|| format!("cannot clear `{}`", home.display()))?;
    }
    fs::create_dir(&home)?;
    std::os::unix::fs::symlink(&bench.workspace.root, home.join("cog"))?;
    Ok(home)
}

/// The other pages, which begin in the checkout.
fn references(bench: &Bench<'_>) -> Result<Vec<String>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(bench.workspace.root.join("docs/guide"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") && !TUTORIALS.contains(&name.as_str()) {
            pages.push(format!("docs/guide/{name}"));
        }
    }
    pages.sort();
    Ok(pages)
}
