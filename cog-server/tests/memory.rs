//! What a server keeps that nobody uses. A process of its own, as memory belongs to a process as a whole.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use cog_core::{Input, Predictor, Result, Scope, Setup};
use cog_server::{Model, Process};
use rustix::time::{ClockId, clock_gettime};

/// How much memory is used and freed, in bytes.
const FREED: usize = 64 << 20;

/// How long giving back may take. It is over in ten seconds where nothing else goes on.
const LIMIT: Duration = Duration::from_secs(60);

/// Who is told what the process had when the setup had freed what it used.
static SETUP_IS_OVER: Mutex<Option<Sender<usize>>> = Mutex::new(None);

#[derive(Input)]
struct Nothing {}

/// Uses much memory in its setup, as one that reads its weights does.
struct Hoarder {
    /// One piece in a MiB, so that glibc does not give back by itself what was freed between them.
    _used: Vec<Vec<u8>>,
}

impl Predictor for Hoarder {
    type Input = Nothing;
    type Output = ();

    async fn setup(_: &Setup) -> Result<Self> {
        let mut pieces: Vec<_> = (0..FREED / 1024).map(|_| vec![1; 1024]).collect();
        // It has to have worked for a while for there to be something to give back.
        while processor_time() < Duration::from_millis(200) {}
        let used = pieces.iter_mut().step_by(1024).map(std::mem::take).collect();
        drop(pieces);
        SETUP_IS_OVER.lock().unwrap().take().unwrap().send(resident_memory()).unwrap();
        Ok(Self { _used: used })
    }

    async fn predict(&self, _: Nothing, _: Scope) -> Result<()> {
        Ok(())
    }
}

fn processor_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

fn resident_memory() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * rustix::param::page_size()
}

#[test]
fn at_rest_it_gives_memory_back_that_nobody_uses() {
    let (sender, setup_is_over) = channel();
    *SETUP_IS_OVER.lock().unwrap() = Some(sender);
    // It serves until the test's process ends.
    thread::spawn(|| {
        let process = Process::current()
            .with_arguments(["model", "serve", "--host", "127.0.0.1", "--port", "0"])
            .with_environment([("COG_CAPTURE_OUTPUT", "false")]);
        Model::predictor::<Hoarder>().run(process)
    });
    let kept = setup_is_over.recv_timeout(LIMIT).unwrap();
    assert!(kept >= FREED, "{kept} bytes: there is nothing to give back");
    let begun = Instant::now();
    while resident_memory() > kept - FREED / 2 {
        assert!(begun.elapsed() < LIMIT, "{} bytes of {kept} are left", resident_memory());
        // Not to wait for a time, but because a process that looks without end is not at rest.
        thread::sleep(Duration::from_millis(100));
    }
}
