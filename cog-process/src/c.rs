//! What has to be asked of C, as Rust has no words for it.

use libc::FILE;

#[expect(unsafe_code, reason = "C's standard output is a variable of the C library")]
unsafe extern "C" {
    #[cfg_attr(target_vendor = "apple", link_name = "__stdoutp")]
    static mut stdout: *mut FILE;
}

/// Lets C's standard output pass on at once what it is given, beginning with what it has.
///
/// It keeps whole blocks back where it does not lead to a terminal, so that a line of a C library would come with a later prediction.
/// Asking it to let go of them after each prediction (`fflush`) would lose the time at which they were printed, and waits for any
/// thread that reads from standard input where it is asked of all files at once.
#[expect(unsafe_code, reason = "there is no safe way to reach C's standard output")]
pub(crate) fn unbuffer() {
    // SAFETY: the variable is C's own: it is set before `main`, and the stream it points to lives as long as the process and has a lock
    // of its own. Without a buffer of ours there is nothing that would have to outlive the call. That it fails is no danger: then
    // what C prints comes later.
    unsafe { libc::setvbuf(stdout, std::ptr::null_mut(), libc::_IONBF, 0) };
}

/// Gives whole free pages of all of glibc's arenas back to the system.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "there is no safe way to ask this of the C library")]
pub(crate) fn trim() {
    // SAFETY: no pointer is passed, and the call takes the locks of the arenas as any other thread that asks for memory.
    unsafe { libc::malloc_trim(0) };
}
