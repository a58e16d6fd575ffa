//! The slots: threads that run one prediction at a time, permits to use them, and the line in front of them.
//!
//! The pool owns the only account of what is free. A job that is accepted joins a line, and whichever thread comes first takes the one at
//! its front, so nobody is ever overtaken. The line takes as many jobs as there are slots without one, and so many more as may wait. A
//! [`Permit`] stands for a slot that is in use; it gives the slot back when dropped, and cannot be copied.
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
use std::time::Instant;

use super::run::Job;
use crate::prediction::Record;

#[derive(Debug)]
pub(super) struct Pool {
    /// How many jobs may wait for a slot.
    max_waiting: usize,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    /// Whether jobs are taken: not before setup has ended, and not after the pool is closed.
    is_open: bool,
    /// How many there are.
    count: usize,
    /// How many have a job at work.
    in_use: usize,
    /// Jobs that no thread has taken yet, in the order in which they came.
    line: VecDeque<Job>,
    /// The threads that sleep.
    asleep: Vec<Thread>,
    /// How many threads will look for a job without being woken: after a start, a wake-up or the end of a job.
    coming: usize,
}

/// The right to run one prediction.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Pool);

/// What a slot does with a job.
pub(super) type Run = dyn Fn(Job, Permit<'_>) + Send + Sync;

/// The thread that is to be woken for a job, if there is one. Not under a lock, which may be the first thing that the thread wants.
#[derive(Debug)]
#[must_use = "a job may wait for this thread"]
pub(super) struct Call(Option<Thread>);

impl Call {
    pub(super) fn make(self) {
        if let Some(thread) = self.0 {
            thread.unpark();
        }
    }
}

impl Pool {
    /// A pool without slots, in front of which so many jobs may wait when there are some.
    pub(super) fn new(max_waiting: usize) -> Self {
        Self { max_waiting, slots: Mutex::default() }
    }

    /// Starts `count` slots, on which `run` is called with one job after the other.
    ///
    /// # Errors
    /// When the system has no thread to give, or no memory for so many.
    pub(super) fn open(self: &Arc<Self>, count: usize, run: &Arc<Run>) -> io::Result<()> {
        {
            let mut slots = self.lock();
            slots.asleep.try_reserve(count).map_err(|_| io::ErrorKind::OutOfMemory)?;
            slots.is_open = true;
            slots.count = count;
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
                drop(self.close());
                return Err(error);
            }
        }
        Ok(())
    }

    /// Takes no job any more, and lets each thread end when it has ended its own. Returns those that have not begun, and never will.
    pub(super) fn close(&self) -> VecDeque<Job> {
        let mut slots = self.lock();
        slots.is_open = false;
        let line = std::mem::take(&mut slots.line);
        let asleep = std::mem::take(&mut slots.asleep);
        slots.coming += asleep.len();
        drop(slots);
        asleep.iter().for_each(Thread::unpark);
        line
    }

    /// Returns how many slots are free: with nobody at work on them, and nobody in the line for them.
    pub(super) fn free(&self) -> usize {
        self.lock().free()
    }

    /// Returns how many jobs wait for a slot.
    pub(super) fn waiting(&self) -> usize {
        let slots = self.lock();
        slots.line.len().saturating_sub(slots.count - slots.in_use)
    }

    /// Takes a job to the end of the line, or leaves it where the line is full or the pool is not open.
    pub(super) fn admit(&self, job: &mut Option<Job>) -> Option<Call> {
        let mut slots = self.lock();
        if !slots.is_open {
            return None;
        }
        let waits = slots.free() == 0;
        if waits && slots.in_use + slots.line.len() >= slots.count.saturating_add(self.max_waiting) {
            return None;
        }
        let mut job = job.take()?;
        job.waits_since = waits.then(Instant::now);
        slots.line.push_back(job);
        Some(Call(slots.call_next()))
    }

    /// Takes the job of `record` out of the line, if no thread has it yet.
    pub(super) fn withdraw(&self, record: &Arc<Record>) -> Option<Job> {
        let mut slots = self.lock();
        let place = slots.line.iter().position(|job| Arc::ptr_eq(&job.record, record))?;
        slots.line.remove(place)
    }

    /// Waits for a job. `None` once the pool is closed.
    fn take(&self) -> Option<(Job, Permit<'_>)> {
        let mut slots = self.lock();
        let mut has_lingered = false;
        loop {
            slots.coming -= 1;
            if let Some(job) = slots.line.pop_front() {
                slots.in_use += 1;
                let next = Call(slots.call_next());
                drop(slots);
                next.make();
                return Some((job, Permit(self)));
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
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn free(&self) -> usize {
        if self.is_open { (self.count - self.in_use).saturating_sub(self.line.len()) } else { 0 }
    }

    /// Returns the thread that is to be woken, if there is a job for one and none is coming.
    fn call_next(&mut self) -> Option<Thread> {
        if self.line.is_empty() || self.coming > 0 {
            return None;
        }
        let next = self.asleep.pop()?;
        self.coming += 1;
        Some(next)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut slots = self.0.lock();
        slots.in_use -= 1;
        slots.coming += 1;
    }
}
