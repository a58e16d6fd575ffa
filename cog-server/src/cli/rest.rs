//! Memory that a whole process keeps and does not need goes back to the system when the process is at rest.
//!
//! glibc keeps much of what was freed for whoever asks next, so that a server which has once answered some large requests, or has read
//! its weights, looks as if it needed many times its memory from then on. A process is at rest that has hardly computed for some seconds.
//! One that computes is left alone: it is likely to need again what it has just freed, and memory that it keeps is quicker. What counts is
//! the processor time of the whole process, as requests that are no predictions take memory, too; so nothing is counted on anybody's way.
//!
//! glibc keeps what lies at the end of a thread's heap all the same, see [`cog_process::give_back`].

use std::convert::Infallible;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::{MissedTickBehavior, interval};

/// How long a process has to rest.
const PERIOD: Duration = Duration::from_secs(5);

/// How much a process computes at most in that time that is at rest.
const AT_REST: Duration = Duration::from_millis(50);

/// What a process has to have computed since the last time for there to be something to give back.
const WORTHWHILE: Duration = Duration::from_millis(100);

/// Gives memory back whenever the process comes to rest.
pub(super) async fn give_back() -> Infallible {
    let mut rest = Rest::default();
    let mut periods = interval(PERIOD);
    periods.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        periods.tick().await;
        if rest.has_come(processor_time()) {
            // It fails where the runtime is going away, and then it matters to nobody.
            let _ = tokio::task::spawn_blocking(cog_process::give_back).await;
            rest.has_given(processor_time());
        }
    }
}

/// When a process comes to rest, by its processor time.
#[derive(Default)]
struct Rest {
    /// At the last look.
    seen: Duration,
    /// When memory was last given back.
    given: Duration,
}

impl Rest {
    /// Looks at the processor time, a period after the last look. Returns whether there is something to give back, and nobody in the way.
    fn has_come(&mut self, now: Duration) -> bool {
        let worked = now.saturating_sub(self.seen);
        self.seen = now;
        worked <= AT_REST && now.saturating_sub(self.given) >= WORTHWHILE
    }

    const fn has_given(&mut self, now: Duration) {
        self.seen = now;
        self.given = now;
    }
}

/// Returns how long the processors have worked for this process.
fn processor_time() -> Duration {
    // Negative it never is.
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// No test should ever get here.
    const LIMIT: Duration = Duration::from_secs(60);

    const fn milliseconds(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    #[test]
    fn memory_is_given_back_once_after_work() {
        let mut rest = Rest::default();
        assert!(!rest.has_come(milliseconds(40)), "nothing worthwhile was done");
        assert!(!rest.has_come(milliseconds(3040)), "somebody is at work");
        assert!(!rest.has_come(milliseconds(3091)), "somebody is at work still");
        assert!(rest.has_come(milliseconds(3141)));
        // Giving back takes time as well, and is no work after which there is something to give back.
        rest.has_given(milliseconds(3500));
        assert!(!rest.has_come(milliseconds(3510)));
        assert!(!rest.has_come(milliseconds(3550)));
        assert!(rest.has_come(milliseconds(3600)), "much has come together by and by");
    }

    #[test]
    fn the_processor_time_is_that_of_all_threads() {
        let (before, begun) = (processor_time(), Instant::now());
        let work = move || {
            (0_u64..)
                .map(std::hint::black_box)
                .take_while(|_| processor_time() < before + milliseconds(20) && begun.elapsed() < LIMIT)
                .count()
        };
        assert!(std::thread::spawn(work).join().is_ok());
        assert!(processor_time() >= before + milliseconds(20));
    }
}
