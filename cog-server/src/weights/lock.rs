//! One download for many processes.

use std::fs::{File, TryLockError};
use std::time::Duration;

use anyhow::{Context, Result};
use cog_core::Weights;

use super::{Place, say};

/// How often to look whether the other process is done. The system has nothing that could be awaited.
const INTERVAL: Duration = Duration::from_millis(50);

/// The right to change what is at a place. The file stays when the right is given up, as another process may be waiting for it.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the right.
    pub(super) async fn take(place: &Place, source: &Weights) -> Result<Self> {
        let path = place.lock();
        let context = || format!("cannot lock `{}`", path.display());
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).with_context(context)?;
        let mut is_told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(error)) => return Err(error).with_context(context),
                Err(TryLockError::WouldBlock) => {}
            }
            if !is_told {
                say(&format!("waiting for another process that downloads `{source}`"));
                is_told = true;
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}
