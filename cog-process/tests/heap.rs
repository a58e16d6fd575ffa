//! What the process keeps that nobody uses. A process of its own, as memory belongs to a process as a whole.
#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::thread;

/// How much memory is used and freed, in bytes.
const FREED: usize = 64 << 20;

fn resident_memory() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * rustix::param::page_size()
}

#[test]
fn what_was_freed_goes_back_whoever_has_used_it() {
    // All but one piece in a MiB, so that glibc does not give back by itself what lies between them.
    let use_and_free = || -> Vec<_> {
        let mut pieces: Vec<_> = (0..FREED / 1024).map(|_| vec![1_u8; 1024]).collect();
        pieces.iter_mut().step_by(1024).map(std::mem::take).collect()
    };
    let used = [use_and_free(), thread::spawn(use_and_free).join().unwrap()];
    let kept = resident_memory();
    assert!(kept >= 2 * FREED, "{kept} bytes: there is nothing to give back");
    cog_process::give_back();
    let left = resident_memory();
    assert!(left <= kept - 2 * FREED * 9 / 10, "{left} bytes of {kept} are left");
    drop(used);
}
