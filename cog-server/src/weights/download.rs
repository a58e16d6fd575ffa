//! The life of one transfer, from the first question to the file in its place.
//!
//! The first question asks for the first chunk that is missing, and its answer tells the rest: how long the file is, which version of it
//! this is, and whether parts of it can be had at all. Where they can, the others are asked for at the same time, each under the condition
//! that the file is still that version. Where they cannot, or where versions could not be told apart, it is read in one piece.
//!
//! There are no tasks: all chunks are part of one future, so that a transfer which is dropped has ended.

use std::fs;
use std::path::Path;

use cog_core::{Sha256, Weights};
use futures::stream::{self, StreamExt, TryStreamExt};
use indicatif::HumanBytes;

use super::chunks::Chunks;
use super::meter::{Meter, say};
use super::partial::{self, Header, Partial, Piece};
use super::patience::Patience;
use super::request::{Extent, Question, Reply};
use super::stored::Record;
use super::{Again, Fault, Place, Store, digest, disk};

/// How often a file may change while it is fetched before that is given up.
const MAX_CHANGES: u32 = 3;

/// One file to bring to its place, by whoever holds the lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Download<'a> {
    pub(super) store: &'a Store,
    pub(super) place: &'a Place,
    pub(super) source: &'a Weights,
    /// What its content has to be, if that is known.
    pub(super) sha256: Option<Sha256>,
}

/// A file all of which has arrived: how long it is, and what the hub says of its content.
type Arrived = (u64, Option<Sha256>);

impl Download<'_> {
    pub(super) async fn run(&self) -> Result<(), Fault> {
        let config = &self.store.config;
        let meter = Meter::begin(self.source, config.line_interval, self.store.bars.as_ref());
        let mut changes = 0;
        let (total, told) = loop {
            match self.transfer(&meter).await {
                Ok(arrived) => break arrived,
                Err(fault) if fault.again != Again::Anew => return Err(self.with_place(fault, &meter)),
                Err(_) if changes < MAX_CHANGES => {
                    changes += 1;
                    partial::discard(self.place);
                    say(&format!("`{}` is another file than before: beginning anew", self.source));
                }
                Err(fault) => {
                    partial::discard(self.place);
                    return Err(
                        fault.and(format_args!(", {} times; try again when it is at rest", changes + 1))
                    );
                }
            }
        };
        self.put_in_place(total, told).await?;
        meter.finish();
        Ok(())
    }

    /// Says how far it has come, and what becomes of that.
    fn with_place(&self, fault: Fault, meter: &Meter) -> Fault {
        if !self.place.journal().exists() {
            return fault;
        }
        fault.and(format_args!("; {} have arrived, and the next start goes on from there", meter.far()))
    }

    async fn transfer(&self, meter: &Meter) -> Result<Arrived, Fault> {
        let config = &self.store.config;
        let begun = Partial::resume(self.place);
        let first = match &begun {
            Some(partial) => match partial.missing().next() {
                Some((_, range)) => range,
                // It ended between the last chunk and the renaming.
                None => return Ok(arrived(partial.header())),
            },
            None => 0..config.chunk,
        };
        let question = Question {
            source: self.source,
            url: config.hub.resolve(self.source)?,
            range: Some(first.clone()),
            version: begun.as_ref().map(|partial| partial.header().version.clone()),
        };
        let reply = self.ask(&question).await?;
        let whole = Question { range: None, version: None, ..question.clone() };
        let (range, total) = match reply.extent()? {
            Extent::Whole(_) => return self.read_in_one_piece(&whole, reply, meter).await,
            Extent::Nothing if begun.is_some() => return Err(Fault::changed()),
            // An empty file has no parts.
            Extent::Nothing => return self.read_in_one_piece(&whole, self.ask(&whole).await?, meter).await,
            Extent::Part { range, total } => (range, total),
        };
        let version = reply.version();
        let partial = match begun {
            Some(partial) if partial.header().total == total && partial.header().version == version => {
                partial
            }
            Some(_) => return Err(Fault::changed()),
            None if range.end < total && !version.is_known() && self.sha256.is_none() => {
                return self.read_in_one_piece(&whole, self.ask(&whole).await?, meter).await;
            }
            None => {
                self.check_size(total, total)?;
                let sha256 = reply.sha256.map(|sha256| sha256.to_string());
                Partial::create(self.place, Header { total, chunk: config.chunk, version, sha256 })?
            }
        };
        self.check_size(total, partial.missing_bytes())?;
        meter.expect(total - partial.missing_bytes(), Some(total));
        let chunks = Chunks::new(self, &question, &partial, meter, reply.url.clone());
        let mut reply = Some(reply);
        let under_way: Vec<_> =
            partial.missing().map(|(number, range)| chunks.bring(number, range, reply.take())).collect();
        let under_way = stream::iter(under_way).buffer_unordered(config.connections.max(1));
        under_way.try_for_each(|()| std::future::ready(Ok(()))).await?;
        Ok(arrived(partial.header()))
    }

    /// Asks until there is an answer, or no hope.
    async fn ask(&self, question: &Question<'_>) -> Result<Reply, Fault> {
        let mut patience = Patience::of(self.store);
        loop {
            match question.ask(self.store).await {
                Ok(reply) => return Ok(reply),
                Err(fault) => patience.wait(fault, self.source).await?,
            }
        }
    }

    /// Reads the file in one piece, and from the beginning when that breaks off.
    async fn read_in_one_piece(
        &self,
        question: &Question<'_>,
        reply: Reply,
        meter: &Meter,
    ) -> Result<Arrived, Fault> {
        let mut patience = Patience::of(self.store);
        let mut next = Some(reply);
        loop {
            let reply = match next.take() {
                Some(reply) => reply,
                None => self.ask(question).await?,
            };
            let told = reply.sha256;
            match self.read_whole(reply, meter).await {
                Ok(total) => return Ok((total, told)),
                Err(fault) => {
                    // Nothing of it can be used.
                    partial::discard(self.place);
                    let fault = if meter.has_begun() {
                        fault.and(format_args!(" after {}", meter.far()))
                    } else {
                        fault
                    };
                    patience.wait(fault, self.source).await?;
                }
            }
        }
    }

    async fn read_whole(&self, mut reply: Reply, meter: &Meter) -> Result<u64, Fault> {
        let Extent::Whole(length) = reply.extent()? else {
            return Err(Fault::new(
                format!("`{}` sends a part, and was asked for all", reply.host()),
                Again::Never,
            ));
        };
        if !reply.has_end() && self.sha256.or(reply.sha256).is_none() {
            let message =
                "does not say how long the file is, so that a cut would not be noticed; name its sha256";
            return Err(Fault::new(format!("`{}` {message}", reply.host()), Again::Never));
        }
        meter.expect(0, length);
        self.check_size(length.unwrap_or(0), length.unwrap_or(0))?;
        let piece = Piece::create(self.place)?;
        let mut total: u64 = 0;
        while let Some(content) = reply.next().await? {
            total += content.len() as u64;
            self.check_size(total, 0)?;
            piece.append(&content)?;
            meter.add(content.len() as u64);
        }
        piece.finish().await?;
        Ok(total)
    }

    fn check_size(&self, total: u64, missing: u64) -> Result<(), Fault> {
        let max_bytes = self.store.config.max_bytes;
        if total > max_bytes {
            let (total, most) = (HumanBytes(total), HumanBytes(max_bytes));
            let message = format!("it has {total}, and `COG_WEIGHTS_MAX_BYTES` allows {most}");
            return Err(Fault::new(message, Again::Never));
        }
        if missing == 0 {
            return Ok(());
        }
        disk::check_room(parent(&self.place.partial()), missing)
    }

    /// Checks what has arrived, and makes it what is found from now on.
    async fn put_in_place(&self, total: u64, told: Option<Sha256>) -> Result<(), Fault> {
        let (from, to) = (self.place.partial(), self.place.file());
        let at = |error: std::io::Error| disk::fault(&to, &error);
        let length = fs::metadata(&from).map_err(at)?.len();
        if length != total {
            partial::discard(self.place);
            return Err(Fault::new(
                format!("it has {length} bytes in place of {total}; try again"),
                Again::Never,
            ));
        }
        let known = self.sha256.or(told);
        if let Some(wanted) = known {
            let found = digest::of_file_aside(from.clone()).await.map_err(at)?;
            if found != wanted {
                partial::discard(self.place);
                let who = if self.sha256.is_some() { "is wanted" } else { "the hub says" };
                let message =
                    format!("its sha256 is {found}, and not {wanted} as {who}; what has arrived is not kept");
                return Err(Fault::new(message, Again::Never));
            }
        }
        // A file without a record is right, and one with that of another file would not be.
        let _ = fs::remove_file(self.place.record());
        fs::rename(&from, &to).map_err(at)?;
        disk::sync_directory(parent(&to)).map_err(at)?;
        let sha256 = known.map(|sha256| sha256.to_string());
        let record = Record { source: self.source.to_string(), bytes: total, sha256 };
        record.write(self.place).map_err(|error| disk::fault(&self.place.record(), &error))?;
        let _ = fs::remove_file(self.place.journal());
        Ok(())
    }
}

fn arrived(header: &Header) -> Arrived {
    (header.total, header.sha256.as_deref().and_then(|text| text.parse().ok()))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
