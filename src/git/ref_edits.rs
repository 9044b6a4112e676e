//! Changes of refs by a process that may be killed meanwhile. Refs that are packed are locked by a file that nobody takes away
//! then, and git refuses every change from then on. So it is noted in a file when a change begins and when it has ended: whoever
//! goes on where the process was killed knows by that whose the lock is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::env::fail_point;
use crate::git::{Error, RepoPaths, Repository};

/// How often, and how long after each other, a lock must be seen as it is to be nobody's who is alive: a second in all, where
/// git has it for some milliseconds.
const LOOKS: u32 = 50;
const LOOK: Duration = Duration::from_millis(20);

/// A change that is under way, noted in a file.
pub(super) struct NotedEdit<'p>(&'p Path);

impl<'p> NotedEdit<'p> {
    pub(super) fn begin(note: &'p PathBuf) -> Result<Self, Error> {
        let io = |source| Error::Io { action: "write", path: note.clone(), source };
        fs::write(note, "").map_err(io)?;
        fail_point("ref:noted");
        Ok(Self(note))
    }
}

impl Drop for NotedEdit<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0);
    }
}

impl Repository {
    /// Notes in a file when refs are changed from now on.
    pub fn note_ref_edits(&self, note: PathBuf) {
        let _ = self.ref_edits.set(note);
    }
}

impl RepoPaths {
    /// Removes the lock of packed refs that a process has left which was killed while it changed a ref, as its note says.
    /// Without the note a lock is somebody else's, and so is one that goes away by itself.
    pub fn remove_left_lock(&self, note: &Path) {
        let changed = |path: &Path| path.symlink_metadata().and_then(|meta| meta.modified()).ok();
        let Some(noted) = changed(note) else { return };
        let lock = self.packed_refs_lock();
        let (mut looks, mut seen) = (0, changed(&lock));
        while let Some(at) = seen.filter(|at| *at >= noted) {
            if looks == LOOKS {
                let _ = fs::remove_file(&lock);
                break;
            }
            std::thread::park_timeout(LOOK);
            seen = changed(&lock);
            looks = if seen == Some(at) { looks + 1 } else { 0 };
        }
        let _ = fs::remove_file(note);
    }
}
