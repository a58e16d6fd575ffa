//! The file that says that the server is ready, for a platform that looks for it on the disk.

use std::io;
use std::path::Path;

use cog_core::{Engine, Phase};
use futures::future;
use tokio_util::sync::CancellationToken;

use crate::role::Roles;

/// Keeps a file at `path` for as long as every engine is ready, and returns when one is not ready any more or `stop` is canceled.
///
/// What cannot be done is warned of: a server that nobody knows to be ready is still better than none.
pub(super) async fn keep(path: &Path, engines: &Roles<Engine>, stop: &CancellationToken) {
    // One that another process has left behind says nothing of this one.
    remove(path).await;
    let is_ready = tokio::select! {
        ready = future::try_join_all(engines.iter().map(|(_, engine)| engine.ready())) => ready.is_ok(),
        () = stop.cancelled() => false,
    };
    if is_ready {
        if let Err(error) = make(path).await {
            tracing::warn!(
                "cannot make the file `{}`, which tells that the server is ready: {error}",
                path.display()
            );
            return;
        }
        tokio::select! {
            _ = future::select_all(engines.iter().map(|(_, engine)| Box::pin(engine.phase_after(&Phase::Ready)))) => {}
            () = stop.cancelled() => {}
        }
        remove(path).await;
    }
}

async fn make(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        tokio::fs::create_dir_all(directory).await?;
    }
    tokio::fs::write(path, "").await
}

async fn remove(path: &Path) {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!("cannot remove the file `{}`: {error}", path.display());
        }
        _ => {}
    }
}
