//! The index follows: read under its lock, changed in memory, written into the lock file, renamed in one step.
//!
//! What gix does not keep (the untracked cache, the file system monitor's state, resolve-undo, version 4, the
//! split) is dropped; git makes it anew.

use std::io::{BufWriter, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::index::entry::{Flags, Mode, Stage, Stat};
use gix::index::extension::Tree;

use crate::git::fold::files::Written;
use crate::git::fold::objects::Trees;
use crate::git::fold::{EditAgain, FoldRefusal, Pending, SkipReason, Skipped, SkippedIn};
use crate::git::{BlobId, Error, Repository};

/// A `git status` in an editor takes the lock for a moment.
const PATIENCE: Duration = Duration::from_secs(2);

/// How much of the index is written at once, in bytes.
const BUFFER: usize = 128 * 1024;

/// Largest staged text that an edit is applied to, in bytes.
const LARGEST_TEXT: u64 = 4 * 1024 * 1024;

/// The index, locked, as it shall be. Dropped, it leaves everything as it was.
pub(super) struct LockedIndex {
    lock: gix::lock::File,
    path: PathBuf,
    /// None where there is no index.
    index: Option<gix::index::File>,
    /// Ids of the files whose entries have changed.
    changed: Vec<(String, ObjectId)>,
    has_changed: bool,
}

/// The index, written into its lock file.
pub(super) struct FilledIndex {
    lock: Option<gix::lock::File>,
    path: PathBuf,
}

impl LockedIndex {
    /// Takes the lock, then reads.
    pub(super) fn read(repository: &Repository, path: &Path) -> Result<Self, FoldRefusal> {
        outlive_signals();
        let patience = gix::lock::acquire::Fail::AfterDurationWithBackoff(PATIENCE);
        let follow_links = Some(&gix::lock::acquire::resolve_symlink as &dyn Fn(&Path) -> PathBuf);
        let lock = match gix::lock::File::acquire(path, patience, None, 0, follow_links) {
            Ok(lock) => lock,
            Err(error) => {
                let lock = PathBuf::from([path.as_os_str(), ".lock".as_ref()].join("".as_ref()));
                if lock.exists() {
                    return Err(FoldRefusal::IndexLocked { lock });
                }
                return Err(Error::other("lock the index", error).into());
            }
        };
        let exists = path.exists();
        // As git does, the checksum is left to `git fsck`.
        let options = gix::index::decode::Options::default();
        let index = exists
            .then(|| gix::index::File::at(path, repository.inner.object_hash(), true, options))
            .transpose()
            .map_err(|error| Error::other("read the index", error))?;
        Ok(Self { lock, path: path.to_owned(), index, changed: Vec::new(), has_changed: false })
    }

    /// A path in conflict would get a second entry.
    pub(super) fn refuse_unmerged(&self, pending: &[Pending<'_>]) -> Result<(), FoldRefusal> {
        let Some(index) = &self.index else { return Ok(()) };
        let stages = [Stage::Base, Stage::Ours, Stage::Theirs];
        let is_unmerged = |each: &&Pending<'_>| {
            let path = BStr::new(&each.edit.path);
            stages.iter().any(|stage| index.entry_by_path_and_stage(path, *stage).is_some())
        };
        match pending.iter().find(is_unmerged) {
            Some(each) => Err(FoldRefusal::Unmerged { path: each.edit.path.clone() }),
            None => Ok(()),
        }
    }

    /// Changes the entries, and returns what could not follow.
    pub(super) fn follow(
        &mut self,
        repository: &Repository,
        pending: &[Pending<'_>],
        trees: &Trees,
        edit_again: &EditAgain<'_>,
    ) -> Result<Vec<Skipped>, FoldRefusal> {
        let mut left = Vec::new();
        let Some(index) = &mut self.index else { return Ok(left) };
        let mut created = Vec::new();
        for each in pending {
            match target(repository, index, each, trees, edit_again)? {
                Target::Leave(why) => {
                    left.push(Skipped { path: each.edit.path.clone(), place: SkippedIn::Index, why });
                }
                Target::IsThere => {}
                Target::SetFolder(at, id) => {
                    index.entries_mut()[at].id = id;
                    self.has_changed = true;
                }
                Target::Set(at, id) => {
                    let entry = &mut index.entries_mut()[at];
                    entry.id = id;
                    entry.stat = Stat::default();
                    self.changed.push((each.edit.path.clone(), id));
                }
                Target::Create => created.push(each),
            }
        }
        let has_created = !created.is_empty();
        for each in created {
            let path = each.edit.path.as_bytes().as_bstr();
            index.dangerously_push_entry(Stat::default(), each.after_id, Flags::empty(), Mode::FILE, path);
            self.changed.push((each.edit.path.clone(), each.after_id));
        }
        if has_created {
            index.sort_entries();
        }
        if let Some(root) = index.tree_mut() {
            carry(root, trees);
        }
        Ok(left)
    }

    /// Whether the file is kept out of the working tree.
    pub(super) fn is_not_checked_out(&self, path: &str) -> bool {
        let Some(index) = &self.index else { return false };
        match index.entry_by_path(BStr::new(path)) {
            Some(entry) => entry.flags.contains(Flags::SKIP_WORKTREE),
            None => folders_of(path).any(|folder| sparse_folder(index, folder).is_some()),
        }
    }

    /// Records the stats of the files that are as the index says, and fills the lock file.
    pub(super) fn finish(
        mut self,
        repository: &Repository,
        written: &[Written],
    ) -> Result<FilledIndex, FoldRefusal> {
        if self.changed.is_empty() && !self.has_changed {
            return Ok(FilledIndex { lock: None, path: self.path });
        }
        let Some(mut index) = self.index else { return Ok(FilledIndex { lock: None, path: self.path }) };
        for (path, id) in &self.changed {
            let stat = written.iter().find(|file| file.path == *path && file.id == *id).map(|file| file.stat);
            let entry = index.entry_mut_by_path_and_stage(BStr::new(path), Stage::Unconflicted);
            if let (Some(entry), Some(stat)) = (entry, stat) {
                entry.stat = stat;
            }
        }
        if let Some(work_dir) = &repository.repo_paths().work_dir {
            smudge(&mut index, work_dir);
        }
        let mode = std::fs::metadata(&self.path).map(|found| found.permissions());
        let action = "write the index";
        let io = |source| Error::Io { action, path: self.path.clone(), source };
        self.lock
            .with_mut(|file| {
                write(&index, file)?;
                match mode {
                    Ok(mode) => file.set_permissions(mode),
                    Err(_) => Ok(()),
                }
            })
            .map_err(io)?;
        Ok(FilledIndex { lock: Some(self.lock), path: self.path })
    }
}

impl FilledIndex {
    /// Puts the index in place and gives the lock back.
    pub(super) fn release(self) -> Result<(), Error> {
        let Some(lock) = self.lock else { return Ok(()) };
        match lock.commit() {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::Io { action: "replace", path: self.path, source: error.error }),
        }
    }
}

/// Writes the index and its checksum, or the zeros in its place where git is configured to skip it. gix hashes what
/// it writes piece by piece, which takes longer than to hash it in blocks.
fn write(index: &gix::index::File, file: &mut impl Write) -> std::io::Result<()> {
    use std::io::Error;
    let options = gix::index::write::Options { skip_hash: index.checksum().is_none(), ..Default::default() };
    if options.skip_hash {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        index.write_to(&mut out, options).map_err(Error::other)?;
        return out.flush();
    }
    let hashed = gix::hash::io::Write::new(&mut *file, index.object_hash());
    let mut out = BufWriter::with_capacity(BUFFER, hashed);
    index.deref().write_to(&mut out, options).map_err(Error::other)?;
    let hasher = out.into_inner().map_err(std::io::IntoInnerError::into_error)?.hash;
    let checksum = hasher.try_finalize().map_err(Error::other)?;
    file.write_all(checksum.as_slice())
}

/// What an edit makes of its entry.
enum Target {
    Set(usize, ObjectId),
    /// A folder that a sparse index contains as one entry.
    SetFolder(usize, ObjectId),
    Create,
    IsThere,
    Leave(SkipReason),
}

fn target(
    repository: &Repository,
    index: &gix::index::File,
    each: &Pending<'_>,
    trees: &Trees,
    edit_again: &EditAgain<'_>,
) -> Result<Target, Error> {
    let path = &*each.edit.path;
    let Some(at) = index.entry_index_by_path_and_stage(BStr::new(path), Stage::Unconflicted) else {
        return Ok(target_of_absent(index, each, trees));
    };
    let entry = &index.entries()[at];
    if !matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE) {
        return Ok(Target::Leave(SkipReason::NotAFile));
    }
    if entry.flags.contains(Flags::INTENT_TO_ADD) {
        return Ok(Target::Leave(SkipReason::Removed));
    }
    if Some(entry.id) == each.before_id {
        return Ok(Target::Set(at, each.after_id));
    }
    if entry.id == each.after_id {
        return Ok(Target::IsThere);
    }
    let staged = match repository.read_blob(BlobId::new(entry.id), LARGEST_TEXT) {
        Ok(staged) => staged,
        Err(Error::TooLarge { .. }) => return Ok(Target::Leave(SkipReason::Edited)),
        Err(error) => return Err(error),
    };
    let Some(edited) = edit_again(path, &staged) else { return Ok(Target::Leave(SkipReason::Edited)) };
    let id = repository.write_bytes(gix::objs::Kind::Blob, &edited)?;
    Ok(if id == entry.id { Target::IsThere } else { Target::Set(at, id) })
}

fn target_of_absent(index: &gix::index::File, each: &Pending<'_>, trees: &Trees) -> Target {
    let path = &*each.edit.path;
    for folder in folders_of(path) {
        if let Some(at) = sparse_folder(index, folder) {
            let id = Some(index.entries()[at].id);
            return match trees.folder(folder) {
                Some(replaced) if id == replaced.old => Target::SetFolder(at, replaced.new),
                Some(replaced) if id == Some(replaced.new) => Target::IsThere,
                _ => Target::Leave(SkipReason::Outside),
            };
        }
        if index.entry_by_path(BStr::new(folder)).is_some() {
            return Target::Leave(SkipReason::NotAFile);
        }
    }
    let is_folder = index.prefixed_entries(BStr::new(&format!("{path}/"))).is_some();
    match each.before_id {
        _ if is_folder => Target::Leave(SkipReason::NotAFile),
        Some(_) => Target::Leave(SkipReason::Removed),
        None => Target::Create,
    }
}

/// A process that Ctrl-C ended in between would leave the lock behind; what is under way takes milliseconds.
fn outlive_signals() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        // Where the system does not allow it, git says what to do about a lock that was left behind.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

/// `a/b/c` → `a`, `a/b`.
pub(super) fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The entry of a folder that a sparse index contains as one.
fn sparse_folder(index: &gix::index::File, folder: &str) -> Option<usize> {
    if !index.is_sparse() {
        return None;
    }
    let name = format!("{folder}/");
    let at = index.entry_index_by_path_and_stage(BStr::new(&name), Stage::Unconflicted)?;
    index.entries()[at].mode.is_sparse().then_some(at)
}

/// Lets the cached trees of all changed folders follow.
///
/// From these git makes the next commit's tree without looking at the files. They describe the *index*: one becomes
/// HEAD's new tree only where it was HEAD's old one; where the index contains anything else, it is invalid now and git
/// computes it anew.
pub(super) fn carry(root: &mut Tree, trees: &Trees) {
    for path in trees.paths() {
        let Some(replaced) = trees.folder(path) else { continue };
        let Some(node) = node(root, path) else { continue };
        let was_as_in_head = node.num_entries.is_some() && Some(node.id) == replaced.old;
        if was_as_in_head && !replaced.has_new_folder {
            node.id = replaced.new;
            node.num_entries = node.num_entries.map(|count| count + replaced.added);
        } else {
            node.num_entries = None;
        }
    }
}

fn node<'a>(root: &'a mut Tree, path: &str) -> Option<&'a mut Tree> {
    let mut node = root;
    for name in path.split('/').filter(|name| !name.is_empty()) {
        node = node.children.iter_mut().find(|child| child.name.as_slice() == name.as_bytes())?;
    }
    Some(node)
}

/// Larger files are not read but marked.
const LARGEST_READ: u32 = 256 * 1024;

/// Marks all entries of the index that git would no longer look into, and that may have changed.
///
/// git looks into the files of entries that are not older than the index. Writing the index makes it younger, so
/// whoever writes must look into those files first, or mark them: a recorded size of 0 makes git look.
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
