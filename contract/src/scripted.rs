//! The model that plays scripts.

use std::marker::PhantomData;

use cog_core::{Output, Predictor, Result, Scope, Setup, Trainer, current_scope};
use futures::TryStreamExt;

use crate::output::Made;
use crate::play::play;
use crate::script::Script;

/// Plays the script of each request and returns what it outputs as an `O`.
pub(crate) struct Scripted<O>(PhantomData<fn() -> O>);

impl<O: Made> Predictor for Scripted<O> {
    type Input = Script;
    type Output = O;

    async fn setup(_: &Setup) -> Result<Self> {
        play_variable("CONTRACT_SETUP").await?;
        Ok(Self(PhantomData))
    }

    async fn predict(&self, script: Script, scope: Scope) -> Result<<O as Output>::Returned<'_>> {
        O::of(play(script, scope)).await
    }

    async fn healthcheck(&self) -> Result<()> {
        play_variable("CONTRACT_HEALTH").await
    }
}

/// Trains as it predicts.
impl<O: Made> Trainer for Scripted<O> {
    type Input = Script;
    type Output = O;

    async fn setup(setup: &Setup) -> Result<Self> {
        <Self as Predictor>::setup(setup).await
    }

    async fn train(&self, script: Script, scope: Scope) -> Result<<O as Output>::Returned<'_>> {
        self.predict(script, scope).await
    }

    async fn healthcheck(&self) -> Result<()> {
        <Self as Predictor>::healthcheck(self).await
    }
}

/// Plays the script that is in an environment variable, if it is set.
async fn play_variable(name: &str) -> Result<()> {
    let Ok(steps) = std::env::var(name) else { return Ok(()) };
    let script =
        Script { steps: Some(serde_json::from_str(&steps).map(cog_core::Json)?), ..Script::default() };
    play(script, current_scope()).try_for_each(|_| async { Ok(()) }).await
}
