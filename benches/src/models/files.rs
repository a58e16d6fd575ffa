//! Files in and out, which the model itself does not read: all that is done with them, the server does.

use cog_core::{Input, Output, Path, Predictor, Result, Scope, Setup};

#[derive(Input)]
pub(super) struct Given {
    /// A file to look at.
    file: Option<Path>,
    /// Where on this machine the file is that is returned.
    returned: Option<String>,
}

#[derive(Output)]
pub(super) struct Seen {
    /// How long the given file is, in bytes.
    length: u64,
    /// The file that was asked for.
    file: Option<Path>,
}

pub(super) struct Files;

impl Predictor for Files {
    type Input = Given;
    type Output = Seen;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Given, _: Scope) -> Result<Seen> {
        let length = input.file.map(|file| file.metadata()).transpose()?.map_or(0, |file| file.len());
        Ok(Seen { length, file: input.returned.map(Path::from) })
    }
}
