//! The time that a client has for the head of a request.
//!
//! hyper asks for a new timer for each request of a connection, and mostly gives it back a few microseconds later. Arming one of tokio's
//! takes a lock that all threads share, and wakes whoever waits for the next timer. So each connection has one alarm that stays armed:
//! a deadline that is later than the alarm leaves it alone, and an alarm that rings too early is set again. It promises what hyper's own
//! timer does, and costs a connection that is idle one wake-up in all of its time.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

type Alarm = Arc<Mutex<Option<Pin<Box<tokio::time::Sleep>>>>>;

/// The timer of one connection, all of whose sleeps are polled by the one task that drives it.
#[derive(Debug, Default)]
pub(super) struct HeadTimer(Alarm);

/// Over when `deadline` has passed.
struct Until {
    deadline: tokio::time::Instant,
    alarm: Alarm,
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Until { deadline: deadline.into(), alarm: Arc::clone(&self.0) })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

impl Sleep for Until {}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(self.deadline)));
        if alarm.deadline() > self.deadline {
            alarm.as_mut().reset(self.deadline);
        }
        loop {
            ready!(alarm.as_mut().poll(context));
            if alarm.deadline() >= self.deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(self.deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    /// Time is the runtime's own: it stands still, and jumps to the next alarm when there is nothing else to do.
    #[tokio::test(start_paused = true)]
    async fn each_sleep_ends_at_its_own_deadline() {
        let timer = HeadTimer::default();
        let began = timer.now();
        // Given up again and again before it is over, as by a client whose requests come in time.
        for _ in 0..10 {
            assert!(timer.sleep(LIMIT).now_or_never().is_none());
            tokio::time::advance(Duration::from_secs(20)).await;
        }
        timer.sleep(LIMIT).await;
        assert_eq!((timer.now() - began).as_secs(), 230);
        // Earlier than an alarm that is armed.
        assert!(timer.sleep(LIMIT).now_or_never().is_none());
        timer.sleep(Duration::from_secs(1)).await;
        assert_eq!((timer.now() - began).as_secs(), 231);
        // One that is over stays so for whoever comes late.
        timer.sleep(Duration::ZERO).await;
        assert_eq!((timer.now() - began).as_secs(), 231);
    }

    /// While a client is in time, its alarm is not touched.
    #[tokio::test(start_paused = true)]
    async fn an_alarm_stays_armed() {
        let timer = HeadTimer::default();
        let armed = || timer.0.lock().unwrap().as_ref().map(|alarm| alarm.deadline());
        assert!(timer.sleep(LIMIT).now_or_never().is_none());
        let first = armed();
        assert!(first.is_some());
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(timer.sleep(LIMIT).now_or_never().is_none());
        assert_eq!(armed(), first);
    }
}
