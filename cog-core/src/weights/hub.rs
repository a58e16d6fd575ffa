//! Files of a model hub: `hf://owner/repo@revision/file`.

use std::fmt;

/// The revision that is meant when none is written.
const MAIN: &str = "main";

/// A file in a repository of a model hub.
///
/// ```
/// use cog_core::Weights;
///
/// let Weights::Hub(file) = "hf://owner/repo@v1.0/onnx/model.safetensors".parse()? else { unreachable!() };
/// assert_eq!((file.owner(), file.repo(), file.revision()), ("owner", "repo", "v1.0"));
/// assert_eq!(file.file(), "onnx/model.safetensors");
/// # Ok::<(), cog_core::WeightsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFile {
    owner: String,
    repo: String,
    revision: String,
    file: String,
}

impl HubFile {
    /// Reads what follows `hf://`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let form = "write `hf://owner/repo@revision/file`";
        let mut parts = text.splitn(3, '/');
        let (Some(owner), Some(repo), Some(file)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format!("it names no file; {form}"));
        };
        let (repo, revision) = repo.split_once('@').unwrap_or((repo, MAIN));
        for (what, part) in [("owner", owner), ("repository", repo)] {
            if !is_name(part) {
                return Err(format!("`{part}` is no name of {what}; {form}"));
            }
        }
        // A slash in a revision would be taken for the end of it.
        if !revision.split("%2F").all(is_name) {
            return Err(format!(
                "`{revision}` is no revision; {form}, with `%2F` for a slash in the revision"
            ));
        }
        if !file.split('/').all(is_part_of_path) {
            return Err(format!("`{file}` is no file in a repository; {form}"));
        }
        let own = str::to_owned;
        Ok(Self { owner: own(owner), repo: own(repo), revision: own(revision), file: own(file) })
    }

    /// The file called `name` in the same directory.
    pub(super) fn beside(&self, name: &str) -> Self {
        let directory = self.file.rfind('/').map_or("", |end| &self.file[..=end]);
        Self { file: format!("{directory}{name}"), ..self.clone() }
    }

    /// Whose repository it is.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository, without its owner.
    #[must_use]
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// The branch, the tag or the commit; `main` if none was written. A slash in it is `%2F`.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The path of the file in its repository: names joined by slashes, none of which leads upwards.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }
}

impl fmt::Display for HubFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, repo, revision, file } = self;
        write!(formatter, "hf://{owner}/{repo}@{revision}/{file}")
    }
}

/// Names of the hub, which are safe as names of directories as well.
fn is_name(text: &str) -> bool {
    let is_usual = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    !matches!(text, "" | "." | "..") && text.chars().all(is_usual)
}

fn is_part_of_path(text: &str) -> bool {
    let is_strange = |letter: char| letter.is_control() || "\\?#".contains(letter);
    !matches!(text, "" | "." | "..") && !text.contains(is_strange)
}
