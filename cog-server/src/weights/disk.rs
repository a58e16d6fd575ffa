//! Room for files.

use std::fs::File;
use std::io;
use std::path::Path;

use indicatif::HumanBytes;

use super::{Again, Fault};

/// What to do about a disk without room.
const REMEDY: &str = "make room, or set `COG_WEIGHTS_CACHE` to a directory on another disk";

/// Checks that there is room for so many bytes in `directory`. Where the system does not say, writing will tell.
pub(super) fn check_room(directory: &Path, needed: u64) -> Result<(), Fault> {
    let Ok(system) = rustix::fs::statvfs(directory) else { return Ok(()) };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    if needed <= free {
        return Ok(());
    }
    let (needed, free) = (HumanBytes(needed), HumanBytes(free));
    let message = format!(
        "{needed} are still to come, and the disk of `{}` has {free} left; {REMEDY}",
        directory.display()
    );
    Err(Fault::new(message, Again::Never))
}

/// Says why `path` could not be written.
pub(super) fn fault(path: &Path, error: &io::Error) -> Fault {
    let path = path.display();
    let message = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            format!("`{path}` cannot be written: {error}; {REMEDY}")
        }
        _ => format!("`{path}` cannot be written: {error}"),
    };
    Fault::new(message, Again::Never)
}

/// Makes sure that what `directory` lists is listed after a power cut.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
