//! Where the files of a source are.
//!
//! Files stand below `files`, and what is needed to make them below `work`, under the same names: so nothing that a server chooses to
//! call a file is taken for one of ours. Files of one directory there are in one directory here, so that a list of shards finds them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cog_core::Weights;
use url::Url;

use super::digest;
use crate::files;

/// The place of one source, of which there is only one.
#[derive(Debug)]
pub(super) struct Place {
    root: PathBuf,
    /// The same below `files` and `work`.
    relative: PathBuf,
}

impl Place {
    pub(super) fn of(root: &Path, source: &Weights) -> Result<Self> {
        let relative = match source {
            Weights::Hub(file) => {
                let repo = format!("{}@{}", file.repo(), file.revision());
                Path::new("hf").join(file.owner()).join(repo).join(file.file())
            }
            Weights::Url(url) if matches!(url.scheme(), "http" | "https") => of_url(url),
            Weights::Url(url) => {
                bail!("`{}:` is not known here; use `https:` or `hf:`, or a path", url.scheme())
            }
            _ => bail!("there is no place for it in a store"),
        };
        Ok(Self { root: root.to_owned(), relative })
    }

    /// The whole file. Where it is, it is whole.
    pub(super) fn file(&self) -> PathBuf {
        self.root.join("files").join(&self.relative)
    }

    /// What has arrived of it.
    pub(super) fn partial(&self) -> PathBuf {
        self.work(".part")
    }

    /// Which parts of that are right.
    pub(super) fn journal(&self) -> PathBuf {
        self.work(".journal")
    }

    /// What is known of the whole file.
    pub(super) fn record(&self) -> PathBuf {
        self.work(".json")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.work(".lock")
    }

    /// Makes the directories for all of these.
    pub(super) fn prepare(&self) -> Result<()> {
        for path in [self.file(), self.lock()] {
            let directory = path.parent().unwrap_or(&self.root);
            std::fs::create_dir_all(directory).with_context(|| {
                let root = self.root.display();
                format!("cannot write to the store at `{root}`: set `COG_WEIGHTS_CACHE` to a directory that can be written to")
            })?;
        }
        Ok(())
    }

    fn work(&self, suffix: &str) -> PathBuf {
        let mut path = self.root.join("work").join(&self.relative).into_os_string();
        path.push(suffix);
        path.into()
    }
}

/// A directory for the URL's directory, and in it the URL's own name where it has one that will do.
fn of_url(url: &Url) -> PathBuf {
    let name = files::name_of(url);
    let own = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let mut key = url.clone();
    key.set_fragment(None);
    if own == name
        && let Ok(mut segments) = key.path_segments_mut()
    {
        segments.pop();
    }
    let key = digest::of_text(key.as_str()).to_string();
    Path::new("url").join(format!("{key:.32}")).join(name)
}
