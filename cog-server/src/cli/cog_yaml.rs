//! Finding `cog.yaml`.

use std::io::ErrorKind;
use std::path::Path;

use cog_core::Weights;

use super::{Failure, Process};
use crate::cog_yaml::CogYaml;

/// Reads the file that the command line names, or else `cog.yaml`, which need not be there. Paths in it start from where it is.
pub(super) fn read(named: Option<&Path>, process: &Process) -> Result<CogYaml, Failure> {
    let path = named.unwrap_or(Path::new("cog.yaml"));
    let located = process.locate(path);
    let content = match std::fs::read_to_string(&located) {
        Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => return Ok(CogYaml::default()),
        content => content,
    };
    let mut read = CogYaml::parse(&path.display().to_string(), content)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    for weights in &mut read.weights {
        if let (Weights::Path(path), Some(directory)) = (&mut weights.source, located.parent()) {
            *path = directory.join(&path);
        }
    }
    Ok(read)
}
