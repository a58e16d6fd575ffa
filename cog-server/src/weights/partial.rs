//! What has arrived of a file, and which parts of it are right.
//!
//! Parts are written at their offsets into one file of the final length. A journal beside it has a line for each chunk that is whole and
//! on the disk, so that a process which is killed costs the chunks that were under way. A line counts when its end is there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::request::Version;
use super::{Fault, Place, disk};

/// What the parts are parts of: the first line of the journal.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Header {
    pub(super) total: u64,
    pub(super) chunk: u64,
    pub(super) version: Version,
    /// What the hub says of its content, in hexadecimal digits.
    pub(super) sha256: Option<String>,
}

/// A file on its way here. It stays when it is dropped: what is right of it is used the next time.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    file: Arc<File>,
    header: Header,
    journal: File,
    finished: BTreeSet<u64>,
}

impl Partial {
    /// Begins with nothing.
    pub(super) fn create(place: &Place, header: Header) -> Result<Self, Fault> {
        // First, so that no line speaks of what is about to go.
        discard(place);
        let path = place.partial();
        let created = || {
            let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
            file.set_len(header.total)?;
            Ok((file, begin_journal(place, &header, &BTreeSet::new())?))
        };
        let (file, journal) = created().map_err(|error| disk::fault(&path, &error))?;
        Ok(Self { path, file: Arc::new(file), header, journal, finished: BTreeSet::new() })
    }

    /// Goes on with what is there, if it makes sense.
    pub(super) fn resume(place: &Place) -> Option<Self> {
        let text = fs::read_to_string(place.journal()).ok()?;
        let mut lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        let header: Header = serde_json::from_str(lines.next()?).ok()?;
        let finished: BTreeSet<u64> = lines.filter_map(|line| line.parse().ok()).collect();
        let path = place.partial();
        let file = File::options().read(true).write(true).open(&path).ok()?;
        let is_sound = header.chunk > 0 && file.metadata().ok()?.len() == header.total;
        // Written anew, as its last line may be half a one.
        let journal = is_sound.then(|| begin_journal(place, &header, &finished))?.ok()?;
        Some(Self { path, file: Arc::new(file), header, journal, finished })
    }

    pub(super) const fn header(&self) -> &Header {
        &self.header
    }

    /// The chunks that are still to come, in order.
    pub(super) fn missing(&self) -> impl Iterator<Item = (u64, Range<u64>)> {
        let Header { total, chunk, .. } = self.header;
        let chunks = (0..total.div_ceil(chunk)).filter(|number| !self.finished.contains(number));
        chunks.map(move |number| (number, number * chunk..total.min((number + 1) * chunk)))
    }

    /// How many bytes are still to come.
    pub(super) fn missing_bytes(&self) -> u64 {
        self.missing().map(|(_, range)| range.end - range.start).sum()
    }

    /// Writes with a blocking call: a transfer runs on a thread that may block, and a write that ran elsewhere could still be at it when
    /// the transfer has been given up.
    pub(super) fn write(&self, content: &[u8], at: u64) -> Result<(), Fault> {
        self.file.write_all_at(content, at).map_err(|error| disk::fault(&self.path, &error))
    }

    /// Notes that a chunk is whole, when it is on the disk.
    pub(super) async fn finish(&self, number: u64) -> Result<(), Fault> {
        let noted = match sync(&self.file).await {
            Ok(()) => (&self.journal).write_all(format!("{number}\n").as_bytes()),
            Err(error) => Err(error),
        };
        noted.map_err(|error| disk::fault(&self.path, &error))
    }
}

/// A file that arrives in one piece, of which nothing can be used until all of it is there.
#[derive(Debug)]
pub(super) struct Piece {
    path: PathBuf,
    file: Arc<File>,
}

impl Piece {
    pub(super) fn create(place: &Place) -> Result<Self, Fault> {
        discard(place);
        let path = place.partial();
        let file = File::create(&path).map_err(|error| disk::fault(&path, &error))?;
        Ok(Self { path, file: Arc::new(file) })
    }

    pub(super) fn append(&self, content: &[u8]) -> Result<(), Fault> {
        (&*self.file).write_all(content).map_err(|error| disk::fault(&self.path, &error))
    }

    pub(super) async fn finish(&self) -> Result<(), Fault> {
        sync(&self.file).await.map_err(|error| disk::fault(&self.path, &error))
    }
}

/// Forgets what has arrived.
pub(super) fn discard(place: &Place) {
    // The journal first: without it the rest means nothing. What is not there is as good as removed.
    let _ = fs::remove_file(place.journal());
    let _ = fs::remove_file(place.partial());
}

fn begin_journal(place: &Place, header: &Header, finished: &BTreeSet<u64>) -> io::Result<File> {
    let mut text = serde_json::to_string(header)? + "\n";
    for number in finished {
        text += &format!("{number}\n");
    }
    let mut journal = File::create(place.journal())?;
    journal.write_all(text.as_bytes())?;
    Ok(journal)
}

/// Waits until the content is on the disk. Given up, that happens all the same.
async fn sync(file: &Arc<File>) -> io::Result<()> {
    let file = Arc::clone(file);
    let synced = tokio::task::spawn_blocking(move || file.sync_data()).await;
    synced.unwrap_or_else(|error| Err(io::Error::other(error)))
}
