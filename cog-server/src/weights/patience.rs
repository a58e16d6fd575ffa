//! Trying again, and giving up.

use std::time::Duration;

use cog_core::Weights;

use super::{Again, Fault, Store};

/// How often something is tried again.
#[derive(Debug)]
pub(super) struct Patience {
    retries: u32,
    failures: u32,
    first_delay: Duration,
}

impl Patience {
    pub(super) const fn of(store: &Store) -> Self {
        Self { retries: store.config.retries, failures: 0, first_delay: store.config.first_delay }
    }

    /// Something has arrived, so it is worth while.
    pub(super) const fn begin_anew(&mut self) {
        self.failures = 0;
    }

    /// Waits before the next attempt, or gives up.
    pub(super) async fn wait(&mut self, fault: Fault, source: &Weights) -> Result<(), Fault> {
        let delay = match fault.again {
            Again::Never | Again::Anew => return Err(fault),
            Again::Later => self.first_delay * 2_u32.saturating_pow(self.failures.min(6)),
            Again::After(asked) => asked,
        };
        if self.failures >= self.retries {
            return Err(fault.and(format_args!(", {} times in a row", self.failures + 1)));
        }
        self.failures += 1;
        tracing::warn!(%source, "a part is asked for again: {fault}");
        tokio::time::sleep(delay).await;
        Ok(())
    }
}
