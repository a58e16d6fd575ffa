//! The predictor: texts in, vectors out. Texts of clients who ask at the same time are computed together.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use cog_core::{BatchItem, BatchLimits, BatchPredictor, Input, Reply, Result, Setup, candle, current_scope};

use crate::{Embedder, Files};

/// How many texts are computed at once. More are no quicker on a CPU, take more memory, and are canceled later.
const BATCH: usize = 32;

/// How many texts one prediction may have.
const MAX_TEXTS: usize = 4096;

/// How long a text waits for others.
const MAX_WAIT: Duration = Duration::from_millis(1);

/// What a client asks for.
#[derive(Debug, Input)]
pub struct Request {
    /// Texts to embed, 1 to 4096 of them. Of each the first 256 tokens count, which are about 1,000 characters of English.
    #[input(min_length = 1, max_length = 100_000)]
    pub texts: Vec<String>,
}

/// The model.
pub struct Embed {
    embedder: Embedder,
}

impl BatchPredictor for Embed {
    type Input = Request;
    type Output = Vec<Vec<f32>>;

    async fn setup(setup: &Setup) -> Result<Self> {
        let files = Files::locate(setup).await?;
        let embedder = Embedder::load(&files, &candle::device(setup)?)?;
        current_scope().log(format_args!("loaded `{}`", files.tensors.display()));
        Ok(Self { embedder })
    }

    fn limits(&self) -> BatchLimits {
        // Who has more texts than a batch has them computed alone.
        let max_cost = BATCH as u64;
        BatchLimits { max_items: BATCH, max_cost, max_wait: MAX_WAIT, ..BatchLimits::default() }
    }

    fn cost(&self, request: &Request) -> u64 {
        request.texts.len() as u64
    }

    async fn predict_batch(&self, batch: Vec<BatchItem<Self>>) -> Result<()> {
        let began = Instant::now();
        let mut works: Vec<_> = batch.into_iter().filter_map(Work::begin).collect();
        // Texts of about the same length together, so that little is padded.
        let texts = works.iter().enumerate().flat_map(|(work, Work { texts, .. })| {
            texts.iter().enumerate().map(move |(index, text)| (text.clone(), Place { work, index }))
        });
        let mut texts: Vec<_> = texts.collect();
        texts.sort_by_key(|(text, _)| text.len());
        for part in texts.chunks(BATCH) {
            works.iter_mut().for_each(Work::look_after_cancel);
            let is_wanted = |place: &Place| works[place.work].reply.is_some();
            let (texts, places): (Vec<_>, Vec<_>) =
                part.iter().filter(|(_, place)| is_wanted(place)).cloned().unzip();
            if texts.is_empty() {
                continue;
            }
            let embedded = self.embedder.embed(&texts)?;
            for cut in &embedded.truncated {
                if let Some(place) = places.get(cut.index) {
                    works[place.work].warn(place.index, cut.characters);
                }
            }
            for ((vector, tokens), place) in embedded.vectors.into_iter().zip(embedded.tokens).zip(places) {
                works[place.work].put(place.index, vector, tokens);
            }
            for work in &mut works {
                work.end_if_done(began)?;
            }
        }
        Ok(())
    }
}

/// Which text of which prediction.
#[derive(Clone, Copy)]
struct Place {
    work: usize,
    index: usize,
}

/// One prediction of a batch.
struct Work {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
    done: usize,
    tokens: usize,
    /// None when it has ended.
    reply: Option<Reply<Vec<Vec<f32>>>>,
}

impl Work {
    fn begin(BatchItem { input: Request { texts }, reply }: BatchItem<Embed>) -> Option<Self> {
        let count = texts.len();
        if count == 0 {
            reply.fail(anyhow!("`texts` is empty; send one text at least"));
            return None;
        }
        if count > MAX_TEXTS {
            reply.fail(anyhow!("`texts` has {count} texts; send {MAX_TEXTS} at most"));
            return None;
        }
        Some(Self { texts, vectors: vec![Vec::new(); count], done: 0, tokens: 0, reply: Some(reply) })
    }

    /// Lets go of a prediction that is canceled, so that it ends now.
    fn look_after_cancel(&mut self) {
        self.reply.take_if(|reply| reply.is_canceled());
    }

    fn warn(&self, index: usize, characters: usize) {
        if let Some(reply) = &self.reply {
            reply.scope().log(format_args!(
                "warning: `texts[{index}]` is too long: only its first {characters} characters count"
            ));
        }
    }

    fn put(&mut self, index: usize, vector: Vec<f32>, tokens: usize) {
        self.vectors[index] = vector;
        self.done += 1;
        self.tokens += tokens;
    }

    /// Tells how far it is, and replies when it has all vectors.
    fn end_if_done(&mut self, began: Instant) -> Result<()> {
        if let Some(reply) = &self.reply {
            reply.scope().progress(self.done as f64 / self.vectors.len() as f64);
        }
        let Some(reply) = self.reply.take_if(|_| self.done == self.vectors.len()) else { return Ok(()) };
        reply.scope().record_metric("timing.embed", began.elapsed().as_secs_f64())?;
        reply.scope().record_metric("tokens", self.tokens as u64)?;
        reply.finish(std::mem::take(&mut self.vectors));
        Ok(())
    }
}
