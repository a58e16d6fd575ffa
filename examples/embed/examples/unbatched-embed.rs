//! The server without batches: each prediction is computed alone, and the others wait in line. What batches are worth is measured with it.
//!
//! Run with: `cargo run --release -p embed --example unbatched-embed`

use cog_core::{BatchItem, BatchLimits, BatchPredictor, Batched, Result, Setup};
use embed::Embed;
use embed::predictor::Request;

struct Unbatched(Embed);

impl BatchPredictor for Unbatched {
    type Input = Request;
    type Output = Vec<Vec<f32>>;

    async fn setup(setup: &Setup) -> Result<Self> {
        Embed::setup(setup).await.map(Self)
    }

    fn limits(&self) -> BatchLimits {
        BatchLimits { max_items: 1, ..self.0.limits() }
    }

    async fn predict_batch(&self, batch: Vec<BatchItem<Self>>) -> Result<()> {
        #[expect(clippy::map_identity, reason = "the items of one predictor become those of the other")]
        let batch = batch.into_iter().map(|BatchItem { input, reply }| BatchItem { input, reply });
        self.0.predict_batch(batch.collect()).await
    }
}

fn main() -> std::process::ExitCode {
    cog_server::main::<Batched<Unbatched>>()
}
