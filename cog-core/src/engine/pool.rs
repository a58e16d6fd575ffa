//! The slots: threads that run one prediction at a time, and permits to use them.
//!
//! The pool owns the count of free slots, which is the only account of what is free. A [`Permit`] stands for one slot that is taken; it
//! gives the slot back when dropped, and cannot be copied. There are as many threads as slots, so a job that has a permit never waits for
//! another job to end.
//!
//! Waking a thread costs more than a small job does, so nobody is woken while a thread is coming: one that has been woken, or has ended a
//! job, and has not looked for the next yet. One that finds no job lets others run once, and looks again, before it sleeps: under load
//! there is a job by then. Whoever takes a job while others are left wakes the next thread, so that none of them waits
//! for the end of this one. Threads are woken last in, first out. Under load a few warm threads do the work of many.

use std::collections::VecDeque;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

use super::run::Job;

#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Slots>);

#[derive(Debug, Default)]
struct Slots {
    /// Whether jobs are taken: not before setup has ended, and not after the pool is closed.
    is_open: bool,
    free: usize,
    /// Jobs that no thread has taken yet; never more than there are threads without a job.
    jobs: VecDeque<(Job, Permit)>,
    /// The threads that sleep.
    asleep: Vec<Thread>,
    /// How many threads will look for a job without being woken: after a start, a wake-up or the end of a job.
    coming: usize,
}

/// The right to run one prediction.
#[derive(Debug)]
pub(super) struct Permit {
    pool: Arc<Pool>,
    /// Whether a thread has it, which will look for the next job after it has given it back.
    is_taken: bool,
}

impl Pool {
    /// Starts `count` slots, on which `run` is called with one job after the other.
    ///
    /// # Errors
    /// When the system has no thread to give, or no memory for so many.
    pub(super) fn open(
        self: &Arc<Self>,
        count: usize,
        run: &Arc<dyn Fn(Job, Permit) + Send + Sync>,
    ) -> io::Result<()> {
        {
            let mut slots = self.lock();
            slots.asleep.try_reserve(count).map_err(|_| io::ErrorKind::OutOfMemory)?;
            slots.is_open = true;
            slots.free = count;
            slots.coming = count;
        }
        for slot in 0..count {
            let (pool, run) = (Arc::clone(self), Arc::clone(run));
            let spawned = thread::Builder::new().name(format!("cog-slot-{slot}")).spawn(move || {
                while let Some((job, permit)) = pool.take() {
                    // Nothing of ours panics; if it did, the thread would be missed by those who count on its coming back.
                    let _ = panic::catch_unwind(AssertUnwindSafe(|| run(job, permit)));
                }
            });
            if let Err(error) = spawned {
                self.close();
                return Err(error);
            }
        }
        Ok(())
    }

    /// Lets each thread end as soon as it has nothing to do.
    pub(super) fn close(&self) {
        let mut slots = self.lock();
        slots.is_open = false;
        slots.free = 0;
        let asleep = std::mem::take(&mut slots.asleep);
        slots.coming += asleep.len();
        drop(slots);
        asleep.iter().for_each(Thread::unpark);
    }

    pub(super) fn free(&self) -> usize {
        self.lock().free
    }

    pub(super) fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        let mut slots = self.lock();
        slots.free = slots.free.checked_sub(1)?;
        Some(Permit { pool: Arc::clone(self), is_taken: false })
    }

    /// Waits for a job. `None` once the pool is closed and nothing is left.
    fn take(&self) -> Option<(Job, Permit)> {
        let mut slots = self.lock();
        let mut has_lingered = false;
        loop {
            slots.coming -= 1;
            if let Some((job, mut permit)) = slots.jobs.pop_front() {
                permit.is_taken = true;
                let next = slots.call_next();
                drop(slots);
                wake(next);
                return Some((job, permit));
            }
            if !slots.is_open {
                return None;
            }
            slots = if has_lingered { self.sleep(slots) } else { self.linger(slots) };
            has_lingered = true;
        }
    }

    /// Lets others run once. Until this thread has looked again it is coming, so nobody is woken for a job that arrives in between.
    fn linger<'a>(&'a self, mut slots: MutexGuard<'a, Slots>) -> MutexGuard<'a, Slots> {
        slots.coming += 1;
        drop(slots);
        thread::yield_now();
        self.lock()
    }

    fn sleep<'a>(&'a self, mut slots: MutexGuard<'a, Slots>) -> MutexGuard<'a, Slots> {
        let this = thread::current();
        slots.asleep.push(this.clone());
        loop {
            drop(slots);
            // May return for no reason, as when author code has left a wake-up behind.
            thread::park();
            slots = self.lock();
            if !slots.asleep.iter().any(|thread| thread.id() == this.id()) {
                return slots;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Returns the thread that is to be woken, if there is a job for one and none is coming.
    fn call_next(&mut self) -> Option<Thread> {
        if self.jobs.is_empty() || self.coming > 0 {
            return None;
        }
        let next = self.asleep.pop()?;
        self.coming += 1;
        Some(next)
    }
}

/// Wakes a thread. Not under the lock, which is the first thing that the thread wants.
fn wake(thread: Option<Thread>) {
    if let Some(thread) = thread {
        thread.unpark();
    }
}

impl Permit {
    /// Hands the job to a thread.
    pub(super) fn begin(self, job: Job) {
        let pool = Arc::clone(&self.pool);
        let mut slots = pool.lock();
        if !slots.is_open {
            drop(slots);
            // A pool that was closed in the meantime drops the job, which ends its prediction as canceled.
            drop((job, self));
            return;
        }
        slots.jobs.push_back((job, self));
        let next = slots.call_next();
        drop(slots);
        wake(next);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut slots = self.pool.lock();
        if slots.is_open {
            slots.free += 1;
        }
        slots.coming += usize::from(self.is_taken);
    }
}
