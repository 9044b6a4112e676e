//! Several files that are written as one: staged beside their places, noted down, renamed together.
//!
//! Two files of the git dir say how far a write has come. [`STAGED`] names the temporary files, and whoever has the lock
//! next removes them. It becomes [`UNFINISHED`] in the moment before the first file is renamed: from then on until it is
//! removed, some files may be new and others old, and whoever finds it puts the old ones back before reading. So a write
//! that was killed has not been, and the command can be given again. What somebody has edited since stays as it is.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::folder::{Folder, split};
use super::lock::Lock;
use super::write::{self, Target, Temporary};
use super::{Change, Error, Result};
use crate::env::fail_point;
use crate::git::{read_regular, share};
use crate::model::digest_of;

/// The name of what is noted down while files are staged.
const STAGED: &str = "staged";
/// The local folder of both. Its time of change says whether a write came between two looks at it.
const FOLDER: &str = "writes";
/// The name of what is noted down while files are renamed.
const UNFINISHED: &str = "unfinished";
/// From this many files on more threads pay: each waits for the disk.
const WORTH_THREADS: usize = 16;

/// So often a reader looks again before it takes what it has read between two writes.
const MOST_READS: usize = 5;
/// How long a reader waits for a write that is going on.
const WAIT: Duration = Duration::from_secs(10);

/// What undoes a write.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Journal {
    files: Vec<JournalFile>,
    /// Folders that were made for it, outermost first.
    folders: Vec<String>,
}

/// One file of a write.
#[derive(Debug, Serialize, Deserialize)]
struct JournalFile {
    path: String,
    /// The name of its temporary file, in the same folder.
    temporary: String,
    /// What was there before; none where the file is new.
    before: Option<String>,
    /// Digest of what is to be there.
    after: String,
}

/// Where the writes of one working tree are noted down.
#[derive(Debug, Clone)]
pub(super) struct Writes {
    /// The top of the working tree.
    top: PathBuf,
    folder: PathBuf,
    lock: PathBuf,
}

impl Writes {
    /// `local` is the folder for what is local to the working tree, `lock` the lock for writes.
    pub(super) fn of(top: &Path, local: &Path, lock: PathBuf) -> Self {
        Self { top: top.to_path_buf(), folder: local.join(FOLDER), lock }
    }

    /// Writes changes as one, under the lock.
    pub(super) fn apply(&self, changes: &[&Change]) -> Result<()> {
        for change in changes {
            check(&self.top, change)?;
        }
        let journal = Journal::of(&self.top, changes);
        self.note_down(&serde_json::to_vec(&journal).expect("plain data with text keys is always JSON"))?;
        let written = journal.write(self, changes);
        let recovered = if written.is_err() { journal.undo(&self.top) } else { Ok(()) };
        recovered.and_then(|()| self.forget()).and(written)
    }

    /// Undoes what a killed write began, under the lock. Returns how many files it was about.
    pub(super) fn recover(&self) -> Result<usize> {
        let mut files = 0;
        for name in [STAGED, UNFINISHED] {
            let Some(journal) = Journal::read(&self.folder.join(name))? else { continue };
            journal.undo(&self.top)?;
            files = journal.files.len();
        }
        if files > 0 {
            self.forget()?;
        }
        Ok(files)
    }

    /// Reads something that a write of several files must not come between: waits for one that is going on, and undoes
    /// one that was killed.
    pub(super) fn read_between<T>(&self, read: impl Fn() -> Result<T>) -> Result<T> {
        for _ in 0..MOST_READS {
            let before = self.last_write();
            if self.is_unfinished() {
                let _lock = Lock::acquire(&self.lock, WAIT, "read")?;
                self.recover()?;
                continue;
            }
            let found = read()?;
            if self.last_write() == before {
                return Ok(found);
            }
        }
        read()
    }

    /// Whether a write is going on or was killed among its files.
    pub(super) fn is_unfinished(&self) -> bool {
        self.folder.join(UNFINISHED).symlink_metadata().is_ok()
    }

    /// Whether a write is being prepared or was killed before its first file was in place.
    pub(super) fn is_staged(&self) -> bool {
        self.folder.join(STAGED).symlink_metadata().is_ok()
    }

    /// Removes what a killed write has prepared, where nobody writes and the folder can be written to: it is seen by no
    /// reader, and only in the way.
    pub(super) fn clean(&self) {
        if let Ok(Some(_lock)) = Lock::try_acquire(&self.lock, "recover") {
            let _ = self.recover();
        }
    }

    fn last_write(&self) -> Option<SystemTime> {
        self.folder.symlink_metadata().and_then(|meta| meta.modified()).ok()
    }

    fn note_down(&self, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(STAGED);
        write::create_folder(&self.folder)?;
        share(&self.folder);
        write::stage(&path, bytes, Target::New)?.move_to(&path, Target::New)?;
        share(&path);
        self.sync()
    }

    /// Ends a write: from now on it has been, or has not been.
    fn forget(&self) -> Result<()> {
        for path in [STAGED, UNFINISHED].map(|name| self.folder.join(name)) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io("remove", path)(error));
                }
                _ => {}
            }
        }
        fail_point("transaction:ended");
        self.sync()
    }

    fn sync(&self) -> Result<()> {
        write::sync_folder(&self.folder).map_err(Error::io("sync", &self.folder))
    }
}

impl Journal {
    fn of(top: &Path, changes: &[&Change]) -> Self {
        let mut folders = BTreeSet::new();
        let files = changes.iter().map(|change| {
            let (folder, name) = split(&change.path);
            let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
            let missing = ends.map(|end| &folder[..end]).filter(|part| !top.join(part).is_dir());
            folders.extend(missing.map(str::to_owned));
            JournalFile {
                path: change.path.clone(),
                temporary: write::temporary_name(name),
                before: change.before.clone(),
                after: digest_of(change.after.as_bytes()),
            }
        });
        let files = files.collect();
        Self { files, folders: folders.into_iter().collect() }
    }

    fn read(path: &Path) -> Result<Option<Self>> {
        let bytes = match read_regular(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| Error::io("read", path)(error.into()))
    }

    /// Stages every file, then renames all of them.
    fn write(&self, writes: &Writes, changes: &[&Change]) -> Result<()> {
        let top = &writes.top;
        for folder in &self.folders {
            write::create_folder(&top.join(folder))?;
        }
        let stage = |change: &&Change| {
            let target = if change.before.is_some() { Target::Existing } else { Target::New };
            write::stage(&top.join(&change.path), change.after.as_bytes(), target)
        };
        let staged: Vec<Temporary> = if changes.len() < WORTH_THREADS {
            changes.iter().map(stage).collect::<Result<_>>()?
        } else {
            changes.par_iter().map(stage).collect::<Result<_>>()?
        };
        let (from, to) = (writes.folder.join(STAGED), writes.folder.join(UNFINISHED));
        fs::rename(&from, &to).map_err(Error::io("replace", &to))?;
        writes.sync()?;
        fail_point("transaction:begun");
        for (change, temporary) in changes.iter().zip(&staged) {
            let path = top.join(&change.path);
            if let Some(before) = &change.before {
                refuse_if_changed(top, &change.path, before)?;
            }
            let target = if change.before.is_some() { Target::Existing } else { Target::New };
            temporary.move_to(&path, target)?;
            fail_point("write:renamed");
        }
        let folders: BTreeSet<&Path> = staged.iter().filter_map(Temporary::folder).collect();
        for folder in folders {
            write::sync_folder(folder).map_err(Error::io("sync", folder))?;
        }
        Ok(())
    }

    /// Puts back what was there before, where what is there now is what this write put there.
    fn undo(&self, top: &Path) -> Result<()> {
        for file in self.files.iter().rev() {
            let (folder, name) = split(&file.path);
            // Opened component by component: a link on the way leads nowhere.
            let Some(open) = Folder::open(top, folder)? else { continue };
            let path = top.join(&file.path);
            let is_ours = open.read(name)?.is_some_and(|(bytes, _)| digest_of(&bytes) == file.after);
            match &file.before {
                Some(before) if is_ours => write::write(&path, before.as_bytes(), Target::Existing)?,
                None if is_ours => fs::remove_file(&path).map_err(Error::io("remove", &path))?,
                _ => {}
            }
            let temporary = path.with_file_name(&file.temporary);
            if write::is_temporary(&file.temporary) && temporary.symlink_metadata().is_ok() {
                fs::remove_file(&temporary).map_err(Error::io("remove", &temporary))?;
            }
        }
        // One that somebody has put something into stays.
        self.folders.iter().rev().for_each(|folder| {
            let _ = fs::remove_dir(top.join(folder));
        });
        Ok(())
    }
}

fn check(top: &Path, change: &Change) -> Result<()> {
    match &change.before {
        Some(before) => refuse_if_changed(top, &change.path, before),
        None => {
            // Opening the folder component by component is what refuses a link on the way.
            let (folder, _) = split(&change.path);
            Folder::open(top, folder).map(|_| ())
        }
    }
}

/// An editor takes no lock: what was saved since the file was read must not be lost.
pub(super) fn refuse_if_changed(top: &Path, relative: &str, before: &str) -> Result<()> {
    let (folder, name) = split(relative);
    let read = match Folder::open(top, folder)? {
        Some(folder) => folder.read(name)?,
        None => None,
    };
    match read {
        Some((bytes, _)) if bytes == before.as_bytes() => Ok(()),
        _ => Err(Error::Changed { path: top.join(relative) }),
    }
}
