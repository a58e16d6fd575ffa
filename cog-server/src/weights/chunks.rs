//! The chunks of one file: each brought by itself, of the version that all have.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use url::Url;

use super::download::Download;
use super::meter::Meter;
use super::partial::Partial;
use super::patience::Patience;
use super::request::{Extent, Question, Reply};
use super::{Again, Fault};

/// What the chunks of one file share.
pub(super) struct Chunks<'a> {
    download: &'a Download<'a>,
    question: &'a Question<'a>,
    partial: &'a Partial,
    meter: &'a Meter,
    /// Where redirects led last: the way there need not be gone for each chunk.
    url: Mutex<Url>,
}

impl<'a> Chunks<'a> {
    pub(super) const fn new(
        download: &'a Download<'a>,
        question: &'a Question<'a>,
        partial: &'a Partial,
        meter: &'a Meter,
        url: Url,
    ) -> Self {
        Self { download, question, partial, meter, url: Mutex::new(url) }
    }

    /// Brings one chunk, of which the first reply may have been read already. What has arrived before a cut is not asked for again.
    pub(super) async fn bring(
        &self,
        number: u64,
        range: Range<u64>,
        mut reply: Option<Reply>,
    ) -> Result<(), Fault> {
        let store = self.download.store;
        let mut patience = Patience::of(store);
        let mut at = range.start;
        let mut url = self.known_url();
        while at < range.end {
            let before = at;
            let rest = Question {
                url: url.clone(),
                range: Some(at..range.end),
                version: Some(self.partial.header().version.clone()),
                ..self.question.clone()
            };
            let read = match reply.take() {
                Some(reply) => self.read(reply, &mut at, range.end).await,
                None => match rest.ask(store).await {
                    Ok(reply) => {
                        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = reply.url.clone();
                        self.read(reply, &mut at, range.end).await
                    }
                    // A signature in the URL that redirects led to may have run out. The beginning of the way makes a new one.
                    Err(fault) if url != self.question.url && fault.again == Again::Never => {
                        Err(fault.for_later())
                    }
                    Err(fault) => Err(fault),
                },
            };
            if at > before {
                patience.begin_anew();
            }
            let is_stuck = read.is_ok() && at == before;
            let read = if is_stuck {
                Err(Fault::new("a part is sent with nothing in it", Again::Later))
            } else {
                read
            };
            if let Err(fault) = read {
                patience.wait(fault, self.download.source).await?;
                url = self.question.url.clone();
            }
        }
        self.partial.finish(number).await
    }

    async fn read(&self, mut reply: Reply, at: &mut u64, end: u64) -> Result<(), Fault> {
        let header = self.partial.header();
        match reply.extent()? {
            Extent::Part { total, .. } if total != header.total => return Err(Fault::changed()),
            Extent::Part { .. } if reply.version() != header.version => return Err(Fault::changed()),
            Extent::Part { range, .. } if range.start != *at => {
                let message = format!("`{}` sends another part than it was asked for", reply.host());
                return Err(Fault::new(message, Again::Later));
            }
            Extent::Part { .. } => {}
            Extent::Whole(_) | Extent::Nothing => return Err(Fault::changed()),
        }
        while let Some(content) = reply.next().await? {
            let next = *at + content.len() as u64;
            if next > end {
                let message = format!("`{}` sends more than it was asked for", reply.host());
                return Err(Fault::new(message, Again::Later));
            }
            self.partial.write(&content, *at)?;
            *at = next;
            self.meter.add(content.len() as u64);
        }
        Ok(())
    }

    fn known_url(&self) -> Url {
        self.url.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
