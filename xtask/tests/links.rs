//! What the Markdown files of this repository link to is there.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut pages = HashMap::new();
    read_pages(root, &mut pages).unwrap();
    let mut links = 0;
    let mut broken = Vec::new();
    for (page, text) in &pages {
        for link in links_of(text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            links += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let is_there = target.canonicalize().is_ok_and(|target| {
                anchor.is_empty()
                    || pages.get(&target).is_some_and(|text| anchors(text).any(|it| it == anchor))
            });
            if !is_there {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(links > 20, "only {links} links were found");
}

/// Reads all Markdown files below `folder`, but for what is built and what is hidden.
fn read_pages(folder: &Path, pages: &mut HashMap<PathBuf, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() && name != "target" && !name.starts_with('.') {
            read_pages(&entry.path(), pages)?;
        } else if name.ends_with(".md") {
            let path = entry.path().canonicalize()?;
            let text = prose(&fs::read_to_string(&path)?);
            pages.insert(path, text);
        }
    }
    Ok(())
}

/// The text without its fenced blocks.
fn prose(markdown: &str) -> String {
    let parts = markdown.split("```").step_by(2);
    parts.collect()
}

/// What stands in `](…)`.
fn links_of(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// The anchors of the headings, as GitHub makes them.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        words.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
    })
}
