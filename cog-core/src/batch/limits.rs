//! How large a batch may be.

use std::time::Duration;

/// How many items are computed together, and how long is waited for them.
///
/// ```
/// use std::time::Duration;
///
/// use cog_core::BatchLimits;
///
/// // At most 16 items of 8,192 tokens together; the first of them waits for others for 3 ms.
/// let limits = BatchLimits {
///     max_items: 16,
///     max_cost: 8192,
///     max_wait: Duration::from_millis(3),
///     ..BatchLimits::default()
/// };
/// # assert_eq!(limits.max_items, 16);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// The most items of a batch. Zero counts as one.
    pub max_items: usize,
    /// The most that the items of a batch cost together, in the unit of [`BatchPredictor::cost`](crate::BatchPredictor::cost).
    pub max_cost: u64,
    /// How long the first item of a batch waits for others while the model has nothing to do. A batch that is full waits for nobody.
    pub max_wait: Duration,
    /// What becomes of an item that costs more than `max_cost` by itself.
    pub oversized: Oversized,
}

/// What becomes of an item that costs more than a whole batch may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Oversized {
    /// It is a batch of its own.
    #[default]
    RunAlone,
    /// Its prediction fails, with an error that tells the two costs.
    Refuse,
}

impl Default for BatchLimits {
    /// 32 items of any cost, which wait for 2 milliseconds.
    fn default() -> Self {
        Self {
            max_items: 32,
            max_cost: u64::MAX,
            max_wait: Duration::from_millis(2),
            oversized: Oversized::default(),
        }
    }
}
