//! Memory that was freed, and that the C library's allocator keeps.

/// Gives the system memory that nobody uses.
///
/// glibc keeps much of what was freed for whoever asks next, be it many times what is in use. This gives back whole pages between pieces
/// that are in use, of each thread. What lies at the end of a thread's heap stays, but for the first thread's: up to 64 MiB each, and
/// less than that where no large pieces were freed. Where the C library is another, this does nothing; where the program has another
/// allocator, that keeps what it has.
///
/// It takes the longer the more there is, and who asks for memory meanwhile may have to wait. What was given back has to be asked of the
/// system again when it is needed. So it is for a moment of rest.
///
/// ```
/// let pieces: Vec<Vec<u8>> = (0..1000).map(|_| vec![1; 10_000]).collect();
/// drop(pieces);
/// cog_process::give_back();
/// ```
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    crate::c::trim();
}
