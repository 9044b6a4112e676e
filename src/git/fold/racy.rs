//! Entries whose file may have changed in the same moment in which it was recorded.
//!
//! git looks into the files of entries that are not older than the index. Writing the index makes it younger, so
//! whoever writes must look into those files first, or mark them: a recorded size of 0 makes git look.

use std::path::Path;

use gix::index::entry::{Flags, Mode, Stage, Stat};

/// Larger files are not read but marked.
const LARGEST_READ: u32 = 256 * 1024;

/// Marks all entries of the index that git would no longer look into, and that may have changed.
pub(super) fn smudge(index: &mut gix::index::File, work_dir: &Path) {
    let written = index.timestamp();
    let (seconds, nanos) = (written.unix_seconds(), written.nanoseconds());
    let hash = index.object_hash();
    for (entry, path) in index.entries_mut_with_paths() {
        let modified = entry.stat.mtime;
        // By the second: git may have been built to compare no more.
        let is_old = i64::from(modified.secs) < seconds;
        let is_checked_out = entry.flags.stage() == Stage::Unconflicted
            && !entry.flags.contains(Flags::SKIP_WORKTREE)
            && !entry.mode.is_submodule()
            && !entry.mode.is_sparse();
        if is_old || !is_checked_out || entry.stat.size == 0 {
            continue;
        }
        let Ok(path) = gix::path::from_bstr(path) else { continue };
        let file = work_dir.join(path);
        let Ok(found) = gix::index::fs::Metadata::from_path_no_follow(&file) else { continue };
        let is_same_stat = Stat::from_fs(&found).is_ok_and(|stat| stat == entry.stat);
        let is_older_in_fact = i64::from(modified.secs) == seconds && modified.nsecs < nanos;
        if is_same_stat && (is_older_in_fact || has_content(&file, entry, hash)) {
            continue;
        }
        entry.stat.size = 0;
    }
}

fn has_content(file: &Path, entry: &gix::index::Entry, hash: gix::hash::Kind) -> bool {
    if entry.stat.size > LARGEST_READ || entry.mode == Mode::SYMLINK {
        return false;
    }
    let Ok(bytes) = std::fs::read(file) else { return false };
    gix::objs::compute_hash(hash, gix::objs::Kind::Blob, &bytes).is_ok_and(|id| id == entry.id)
}
