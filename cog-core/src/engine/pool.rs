//! The slots: threads that run one prediction at a time, and permits to use them.
//!
//! The pool owns the list of free slots, which is the only account of what is free. A [`Permit`] stands for one slot that is taken; it
//! gives the slot back when dropped, and cannot be copied. Slots are taken last in, first out: the one that worked last is the warmest.

use std::io;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::run::Job;

#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Slots>);

#[derive(Debug, Default)]
struct Slots {
    /// The way to each slot's thread. Empty before setup has ended and after the pool is closed.
    threads: Vec<Sender<(Job, Permit)>>,
    free: Vec<usize>,
}

/// The right to run one prediction.
#[derive(Debug)]
pub(super) struct Permit {
    pool: Arc<Pool>,
    slot: usize,
}

impl Pool {
    /// Starts `count` slots, on each of which `run` is called with one job after the other.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn open(
        self: &Arc<Self>,
        count: usize,
        run: &Arc<dyn Fn(Job, Permit) + Send + Sync>,
    ) -> io::Result<()> {
        let mut threads = Vec::with_capacity(count);
        for slot in 0..count {
            let (sender, jobs) = mpsc::channel::<(Job, Permit)>();
            let run = Arc::clone(run);
            thread::Builder::new().name(format!("cog-slot-{slot}")).spawn(move || {
                for (job, permit) in jobs {
                    run(job, permit);
                }
            })?;
            threads.push(sender);
        }
        let mut slots = self.lock();
        slots.threads = threads;
        slots.free = (0..count).rev().collect();
        Ok(())
    }

    /// Lets each thread end as soon as it has nothing to do.
    pub(super) fn close(&self) {
        let slots = std::mem::take(&mut *self.lock());
        drop(slots);
    }

    pub(super) fn free(&self) -> usize {
        self.lock().free.len()
    }

    pub(super) fn try_acquire(self: &Arc<Self>) -> Option<Permit> {
        let slot = self.lock().free.pop()?;
        Some(Permit { pool: Arc::clone(self), slot })
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Sends the job to the thread of this permit's slot.
    pub(super) fn begin(self, job: Job) {
        let thread = self.pool.lock().threads.get(self.slot).cloned();
        // A pool that was closed in the meantime drops the job, which ends its prediction as canceled.
        if let Some(thread) = thread {
            let _ = thread.send((job, self));
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut slots = self.pool.lock();
        if self.slot < slots.threads.len() {
            slots.free.push(self.slot);
        }
    }
}
