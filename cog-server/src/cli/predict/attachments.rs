//! Local files as inputs.
//!
//! An input names its files by URL, and the one who fetches them is ours. So each attached file gets an URL under a host that cannot
//! exist, and "fetching" it copies the file into the prediction's directory under its own name: no base64, and never the whole file in
//! memory. Only the command line knows this host: to a server it is one that does not resolve.

use std::path::{Path, PathBuf};

use cog_core::{Fetch, FetchError, FetchRequest, async_trait};

use crate::cli::{Failure, Process};
use crate::files::HttpFetch;

/// Reserved for names that must not resolve (RFC 2606).
const ORIGIN: &str = "http://attached.invalid/";

/// The files that the command line attaches, each found by its position.
#[derive(Debug, Default)]
pub(super) struct Attachments(Vec<Attachment>);

#[derive(Debug)]
enum Attachment {
    File(PathBuf),
    StandardInput(Vec<u8>),
}

impl Attachments {
    /// Attaches the file at `path`, `-` being standard input, and returns its URL.
    pub(super) fn attach(&mut self, path: &str, process: &mut Process) -> Result<String, Failure> {
        self.0.push(if path == "-" {
            let content = process.read();
            Attachment::StandardInput(
                content.map_err(|error| Failure::Failed(format!("cannot read standard input: {error}")))?,
            )
        } else {
            let path = process.locate(path);
            // Opened now and once more later: a mistyped name is told before a model is loaded.
            let opened = std::fs::File::open(&path).and_then(|file| file.metadata());
            match opened {
                Ok(metadata) if metadata.is_dir() => {
                    return Err(Failure::Usage(format!("`{}` is a directory, not a file", path.display())));
                }
                Ok(_) => Attachment::File(path),
                Err(error) => {
                    return Err(Failure::Usage(format!("cannot read `{}`: {error}", path.display())));
                }
            }
        });
        Ok(format!("{ORIGIN}{}", self.0.len() - 1))
    }

    fn find(&self, url: &str) -> Option<&Attachment> {
        self.0.get(url.strip_prefix(ORIGIN)?.parse::<usize>().ok()?)
    }
}

/// Fetches attached files from the disk, and everything else over the network.
#[derive(Debug)]
pub(super) struct AttachedFetch {
    pub(super) attachments: Attachments,
    pub(super) network: HttpFetch,
}

#[async_trait]
impl Fetch for AttachedFetch {
    async fn fetch(&self, request: FetchRequest<'_>) -> Result<PathBuf, FetchError> {
        let fault = |path: &Path, error: std::io::Error| {
            FetchError::new(format!("cannot copy `{}`: {error}", path.display()))
        };
        // Blocking is fine: this runs on the slot's own thread.
        match self.attachments.find(request.url) {
            Some(Attachment::File(source)) => {
                let name = source.file_name().unwrap_or_else(|| "file".as_ref());
                let target = request.directory.join(name);
                std::fs::copy(source, &target).map_err(|error| fault(source, error))?;
                Ok(target)
            }
            Some(Attachment::StandardInput(content)) => {
                let target = request.directory.join("stdin");
                std::fs::write(&target, content).map_err(|error| fault(&target, error))?;
                Ok(target)
            }
            None => self.network.fetch(request).await,
        }
    }
}
