//! Weights that are not on this machine: brought here once, and kept.
//!
//! Owns the store, a directory in which every source has its [place](place). What it promises: a path that it hands out leads to a whole
//! file, whatever connection was cut, process killed or disk full before; of many processes that want the same file one downloads it;
//! what has arrived of a file is not fetched twice; and no secret of an URL is in an error or in a log. Whoever runs or writes the model
//! names the sources, so any address may be asked. It does not ask again for what it has, and removes nothing that is whole: whoever
//! wants a file anew names a revision or a sha256, or deletes it.
//!
//! In reading order: `place` says where files are, `stored` whether what is there is right, `lock` who may change it; `download` is the
//! life of one transfer and `chunks` that of its parts, `request` one question to a server, `hub` what is special about a model hub,
//! `partial` what has arrived; `shards` is what an index names;
//! `digest`, `disk`, `fault`, `meter` and `patience` are what these need.

mod chunks;
mod digest;
mod disk;
mod download;
mod fault;
mod hub;
mod lock;
mod meter;
mod partial;
mod patience;
mod place;
mod request;
mod shards;
mod stored;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};
use cog_core::{Sha256, Weights, WeightsRequest, WeightsStore, async_trait};
use indicatif::MultiProgress;
use reqwest::Client;

use self::download::Download;
use self::fault::{Again, Fault};
pub(crate) use self::hub::Hub;
use self::lock::Lock;
use self::meter::say;
use self::place::Place;
pub(crate) use self::stored::{State, Verdict};
use crate::env::Proxies;

/// Where weights are kept, and what bringing them may cost.
#[derive(Clone, Debug)]
pub(crate) struct StoreConfig {
    /// The store's directory. It is made when the first file comes.
    pub(crate) root: PathBuf,
    /// Whether nobody may be asked.
    pub(crate) is_offline: bool,
    /// The largest file, in bytes.
    pub(crate) max_bytes: u64,
    pub(crate) hub: Hub,
    pub(crate) proxies: Proxies,
    /// How much is asked for at once, in bytes. What has arrived of less is asked for again after the process has ended.
    pub(crate) chunk: u64,
    /// How many chunks are on their way at the same time, each on a connection of its own.
    pub(crate) connections: usize,
    /// How often a chunk is asked for again when nothing of it has arrived.
    pub(crate) retries: u32,
    /// The delay before the first of these; it doubles from then on.
    pub(crate) first_delay: Duration,
    pub(crate) connect_timeout: Duration,
    /// How long a server may say nothing.
    pub(crate) stall_timeout: Duration,
    /// The shortest time between two lines about one transfer.
    pub(crate) line_interval: Duration,
}

impl StoreConfig {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root,
            is_offline: false,
            max_bytes: 256 << 30,
            hub: Hub::default(),
            proxies: Proxies::default(),
            chunk: 16 << 20,
            connections: 8,
            retries: 5,
            first_delay: Duration::from_millis(500),
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            line_interval: Duration::from_secs(10),
        }
    }
}

/// Keeps weights below one directory.
#[derive(Debug)]
pub(crate) struct Store {
    config: StoreConfig,
    /// Where progress is drawn; if `None`, lines tell of it.
    bars: Option<MultiProgress>,
    /// Made for the first transfer, as it loads the system's certificates.
    client: OnceLock<Client>,
}

impl Store {
    pub(crate) const fn new(config: StoreConfig, bars: Option<MultiProgress>) -> Self {
        Self { config, bars, client: OnceLock::new() }
    }

    /// Returns where the weights are, and brings them first if they are not there: with an index all that it names, which is then beside it.
    /// A path is only looked at.
    pub(crate) async fn bring(&self, source: &Weights, sha256: Option<Sha256>) -> Result<PathBuf> {
        if let Weights::Path(path) = source {
            path.metadata().with_context(|| format!("there are no weights at `{}`", path.display()))?;
            return Ok(path.clone());
        }
        let path = self.bring_file(source, sha256).await?;
        let shards = shards::of(&path).with_context(|| format!("cannot use `{source}`"))?;
        for shard in shards {
            self.bring_file(&source.file(&shard), None).await?;
        }
        Ok(path)
    }

    async fn bring_file(&self, source: &Weights, sha256: Option<Sha256>) -> Result<PathBuf> {
        let brought = self.fetch_or_fail(source, sha256).await;
        brought.with_context(|| format!("cannot fetch `{source}`"))
    }

    /// Returns what there is of the weights and where, without asking anybody.
    pub(crate) fn state(&self, source: &Weights) -> Result<(State, PathBuf)> {
        let path = match source {
            Weights::Path(path) => path.clone(),
            source => Place::of(&self.config.root, source)?.file(),
        };
        Ok((State::of(&path)?, path))
    }

    /// Reads the weights, and compares them with what is known of them.
    pub(crate) fn verify(&self, source: &Weights, sha256: Option<Sha256>) -> Result<Verdict> {
        match source {
            Weights::Path(path) => Verdict::of(path, sha256, None),
            source => {
                let place = Place::of(&self.config.root, source)?;
                let record = stored::Record::read(&place);
                Verdict::of(&place.file(), sha256, record.as_ref())
            }
        }
    }

    async fn fetch_or_fail(&self, source: &Weights, sha256: Option<Sha256>) -> Result<PathBuf> {
        let place = Place::of(&self.config.root, source)?;
        if stored::is_right(&place, sha256).await? {
            return Ok(place.file());
        }
        if self.config.is_offline {
            return Err(offline(&self.config.root, &place));
        }
        place.prepare()?;
        // Held until the file is in its place. The system lets go of it if the process ends before.
        let _lock = Lock::take(&place, source).await?;
        if !stored::is_right(&place, sha256).await? {
            Download { store: self, place: &place, source, sha256 }.run().await?;
        }
        Ok(place.file())
    }

    fn client(&self) -> Result<&Client, Fault> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = request::client(&self.config)
            .map_err(|error| Fault::new(format!("cannot open connections: {error:#}"), Again::Never))?;
        Ok(self.client.get_or_init(|| client))
    }
}

#[async_trait]
impl WeightsStore for Store {
    async fn fetch(&self, request: WeightsRequest<'_>) -> Result<PathBuf> {
        self.bring(request.source, request.sha256).await
    }
}

fn offline(root: &Path, place: &Place) -> anyhow::Error {
    let what = if place.file().exists() { "has another sha256" } else { "is missing" };
    anyhow::anyhow!(
        "it {what} in the store at `{}`, and nobody may be asked: unset `COG_OFFLINE` and `HF_HUB_OFFLINE`, or run \
         `weights pull` where there is a network",
        root.display()
    )
}
