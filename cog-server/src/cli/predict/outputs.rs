//! Where the output of a prediction goes.
//!
//! Text and JSON go to standard output or a file, as they come; files are written where the command line says and named on standard
//! error. What an output is, its published schema tells.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cog_core::Schema;
use cog_core::schema::Components;
use serde_json::Value;

use super::kind::Kind;
use crate::cli::{Failure, Process};
use crate::files::media_type;

/// Takes the parts of one output.
#[derive(Debug)]
pub(super) struct Outputs {
    kind: Kind,
    is_stream: bool,
    is_concatenated: bool,
    destination: Destination,
    /// Where text goes, if it goes to a file.
    file: Option<(PathBuf, File)>,
    /// How many files have been written.
    files: usize,
    /// Whether a line of text on standard output has no end yet.
    is_line_open: bool,
}

#[derive(Debug)]
enum Destination {
    /// Text to standard output, files to `output.EXT`.
    Usual(PathBuf),
    StandardOutput,
    File(PathBuf),
    Directory(PathBuf),
}

impl Outputs {
    /// Prepares for an output that `schema` describes, to go where `path` says.
    pub(super) fn new(schema: &Schema, path: Option<&str>, process: &Process) -> Result<Self, Failure> {
        let mut components = Components::default();
        components.add_output("Output", schema);
        let components = components.into_value();
        let document = components.get("Output").unwrap_or(&Value::Null);
        let is_concatenated =
            document.get("x-cog-array-display").is_some_and(|display| display == "concatenate");
        let kind = match Kind::of(document, &components) {
            Kind::List(items) if schema.is_stream() => *items,
            kind => kind,
        };
        let outputs = Self {
            kind,
            is_stream: schema.is_stream(),
            is_concatenated,
            destination: Destination::of(path, process),
            file: None,
            files: 0,
            is_line_open: false,
        };
        outputs.check()?;
        Ok(outputs)
    }

    /// Finds out what cannot work before a model is loaded for it.
    fn check(&self) -> Result<(), Failure> {
        let folder = match &self.destination {
            Destination::StandardOutput if self.kind.has_files() && !self.is_one_file() => {
                return Err(Failure::Usage(
                    "`-o -` can take one file, and this model may make several: name a file or a directory"
                        .to_owned(),
                ));
            }
            Destination::File(path) => path.parent().filter(|folder| *folder != Path::new("")),
            Destination::Directory(folder) => Some(folder.as_path()),
            Destination::Usual(_) | Destination::StandardOutput => None,
        };
        match folder {
            Some(folder) if !folder.is_dir() => Err(Failure::Usage(format!(
                "there is no directory `{}` to write the output to",
                folder.display()
            ))),
            _ => Ok(()),
        }
    }

    fn is_one_file(&self) -> bool {
        self.kind == Kind::File && !self.is_stream
    }

    /// Takes the next part, which is JSON.
    pub(super) fn take(&mut self, part: &[u8], process: &mut Process) -> Result<(), Failure> {
        let mut value: Value = serde_json::from_slice(part)
            .map_err(|error| Failure::Failed(format!("the output is no JSON: {error}")))?;
        if self.kind.has_files() {
            let kind = self.kind.clone();
            kind.visit_files(&mut value, &mut |file| {
                if let Some(path) = self.save(file, process)? {
                    *file = path.display().to_string();
                }
                Ok(())
            })?;
            if is_all_files(&kind) {
                return Ok(());
            }
        }
        match value {
            Value::String(text) if self.is_concatenated => self.write(&text, process),
            Value::String(text) if self.is_stream => self.write(&format!("{text}\n"), process),
            Value::String(text) => self.write(&text, process),
            // One line to a part, for programs that read line by line.
            value if self.is_stream => self.write(&format!("{value}\n"), process),
            value => self.write(&format!("{value:#}\n"), process),
        }
    }

    /// Ends the last line, and tells where a text has gone.
    pub(super) fn finish(&mut self, process: &mut Process) -> Result<(), Failure> {
        if let Some((path, _)) = &self.file {
            process.tell(&format!("wrote `{}`", path.display()));
        }
        if self.is_line_open {
            process.print("\n")?;
        }
        Ok(())
    }

    fn write(&mut self, text: &str, process: &mut Process) -> Result<(), Failure> {
        let extension = if self.kind == Kind::Text { "txt" } else { "json" };
        let path = match &self.destination {
            Destination::Usual(_) | Destination::StandardOutput => {
                if let Some(last) = text.chars().last() {
                    self.is_line_open = last != '\n';
                }
                return process.print(text);
            }
            Destination::File(path) => path.clone(),
            Destination::Directory(folder) => folder.join(format!("output.{extension}")),
        };
        let fault = |error| Failure::Failed(format!("cannot write `{}`: {error}", path.display()));
        let (_, file) = match &mut self.file {
            Some(open) => open,
            none => none.insert((path.clone(), File::create(&path).map_err(fault)?)),
        };
        file.write_all(text.as_bytes()).map_err(fault)
    }

    /// Writes one output file, and returns where. One that is an URL of elsewhere is left there.
    fn save(&mut self, url: &str, process: &mut Process) -> Result<Option<PathBuf>, Failure> {
        let Some((media_type, content)) = decode(url) else { return Ok(None) };
        let number = self.files;
        self.files += 1;
        let is_alone = self.is_one_file();
        let extension = media_type::extension(&media_type).unwrap_or("bin");
        let numbered = |stem: &str, extension: &str| {
            if is_alone { format!("{stem}.{extension}") } else { format!("{stem}.{number}.{extension}") }
        };
        let path = match &self.destination {
            Destination::StandardOutput => return process.write(&content).map(|()| None),
            Destination::Usual(folder) | Destination::Directory(folder) => {
                folder.join(numbered("output", extension))
            }
            Destination::File(path) if is_alone => path.clone(),
            Destination::File(path) => {
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                // The extension of the command line is that of the files only where the output is nothing else.
                let given = path
                    .extension()
                    .filter(|_| is_all_files(&self.kind))
                    .map(std::ffi::OsStr::to_string_lossy);
                path.with_file_name(numbered(&stem, given.as_deref().unwrap_or(extension)))
            }
        };
        std::fs::write(&path, content)
            .map_err(|error| Failure::Failed(format!("cannot write `{}`: {error}", path.display())))?;
        process.tell(&format!("wrote `{}`", path.display()));
        Ok(Some(path))
    }
}

impl Destination {
    fn of(path: Option<&str>, process: &Process) -> Self {
        let Some(path) = path else { return Self::Usual(process.locate("")) };
        if path == "-" {
            return Self::StandardOutput;
        }
        let located = process.locate(path);
        if path.ends_with(std::path::is_separator) || located.is_dir() {
            Self::Directory(located)
        } else {
            Self::File(located)
        }
    }
}

/// Tells whether a value of this kind is a file, or files and nothing else.
fn is_all_files(kind: &Kind) -> bool {
    match kind {
        Kind::File => true,
        Kind::List(items) => is_all_files(items),
        _ => false,
    }
}

/// Takes the engine's data URLs apart: always base64, and the media type without parameters.
fn decode(url: &str) -> Option<(String, Vec<u8>)> {
    let (media_type, content) = url.strip_prefix("data:")?.split_once(";base64,")?;
    Some((media_type.to_owned(), STANDARD.decode(content).ok()?))
}
