//! The predictor: texts in, vectors out.

use std::time::Instant;

use cog_core::{Input, Predictor, Result, Scope, Setup, anyhow::ensure, candle, current_scope};

use crate::{Embedder, Files};

/// How many texts are computed at once. More are no quicker on a CPU, take more memory, and are canceled later.
const BATCH: usize = 16;

/// How many texts one prediction may have.
const MAX_TEXTS: usize = 4096;

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

impl Predictor for Embed {
    type Input = Request;
    type Output = Vec<Vec<f32>>;

    async fn setup(setup: &Setup) -> Result<Self> {
        let files = Files::locate(setup).await?;
        let embedder = Embedder::load(&files, &candle::device(setup)?)?;
        current_scope().log(format_args!("loaded `{}`", files.tensors.display()));
        Ok(Self { embedder })
    }

    async fn predict(&self, Request { texts }: Request, scope: Scope) -> Result<Vec<Vec<f32>>> {
        ensure!(!texts.is_empty(), "`texts` is empty; send one text at least");
        ensure!(texts.len() <= MAX_TEXTS, "`texts` has {} texts; send {MAX_TEXTS} at most", texts.len());
        let mut vectors = Vec::with_capacity(texts.len());
        let mut tokens = 0;
        let began = Instant::now();
        for batch in texts.chunks(BATCH) {
            scope.check()?;
            let embedded = self.embedder.embed(batch)?;
            for cut in &embedded.truncated {
                let (place, characters) = (vectors.len() + cut.index, cut.characters);
                scope.log(format_args!(
                    "warning: `texts[{place}]` is too long: only its first {characters} characters count"
                ));
            }
            tokens += embedded.tokens as u64;
            vectors.extend(embedded.vectors);
            scope.progress(vectors.len() as f64 / texts.len() as f64);
        }
        scope.record_metric("timing.embed", began.elapsed().as_secs_f64())?;
        scope.record_metric("tokens", tokens)?;
        Ok(vectors)
    }
}
