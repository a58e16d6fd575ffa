//! A stream of texts: as fast as they are taken, or one now and then.

use std::time::Duration;

use cog_core::{Input, OutputStream, Predictor, Result, Scope, Setup};
use futures::{StreamExt, stream};

#[derive(Input)]
pub(super) struct Wanted {
    /// What each of them is.
    text: String,
    /// How many there are.
    count: u32,
    /// How long to wait before each but the first, in milliseconds.
    #[input(default = 0)]
    pause: u64,
}

pub(super) struct Texts;

impl Predictor for Texts {
    type Input = Wanted;
    type Output = OutputStream<'static, String>;

    async fn setup(_: &Setup) -> Result<Self> {
        Ok(Self)
    }

    async fn predict(&self, input: Wanted, _: Scope) -> Result<OutputStream<'_, String>> {
        let Wanted { text, count, pause } = input;
        if pause == 0 {
            return Ok(OutputStream::from_iter((0..count).map(move |_| text.clone())));
        }
        let pause = Duration::from_millis(pause);
        Ok(OutputStream::new(stream::iter(0..count).then(move |number| {
            let text = text.clone();
            async move {
                if number > 0 {
                    tokio::time::sleep(pause).await;
                }
                text
            }
        })))
    }
}
