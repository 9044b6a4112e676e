//! The last writes of this working tree, so that they can be taken back: local, never committed. What is in the journal
//! is checked against the files before anything is taken back; without the journal everything else works as well.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::folder::split;
use super::transaction::refuse_if_changed;
use super::write::{Target, sync_folder, write};
use super::{Change, Error, Locked, Result, Workspace};
use crate::git::CacheFile;

/// Another number where writes are kept otherwise.
const JOURNAL: CacheFile = CacheFile::new(*b"trkundo1", &["json"]);
const NAME: &str = "undo";
/// Writes that are kept.
const MOST_WRITES: usize = 100;
/// Most bytes of a write that is kept, and of all of them. A larger write is kept without its texts: it cannot be taken
/// back, and neither can those before it.
const MOST_BYTES: usize = 256 * 1024;

/// One write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastWrite {
    /// When.
    pub at: DateTime<Utc>,
    /// What it did, in words.
    pub summary: String,
    /// The files, in the order they were written; none where they were too large to be kept.
    files: Option<Vec<File>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct File {
    path: String,
    before: Option<String>,
    after: String,
}

impl PastWrite {
    /// Returns its changes; none where they were too large to be kept.
    #[must_use]
    pub fn changes(&self) -> Option<Vec<Change>> {
        let change = |file: &File| Change {
            path: file.path.clone(),
            before: file.before.clone(),
            after: file.after.clone(),
        };
        Some(self.files.as_ref()?.iter().map(change).collect())
    }
}

impl Workspace {
    /// Returns the writes that are remembered, the last one last.
    #[must_use]
    pub fn past_writes(&self) -> Vec<PastWrite> {
        let bytes = JOURNAL.read(&self.local_path(NAME)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

impl Locked<'_> {
    /// Remembers a write. What cannot be remembered only cannot be taken back.
    pub fn remember(&self, at: DateTime<Utc>, summary: String, changes: &[Change]) {
        let sizes = changes.iter().map(|change| size_of(&change.path, change.before.as_ref(), &change.after));
        let size: usize = sizes.sum();
        let files = changes.iter().filter(|change| !change.is_empty()).map(|change| File {
            path: change.path.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        });
        let files = (size <= MOST_BYTES).then(|| files.collect::<Vec<_>>());
        if files.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        let mut writes = self.workspace().past_writes();
        writes.push(PastWrite { at, summary, files });
        let (mut bytes, mut kept) = (0, 0);
        for write in writes.iter().rev().take(MOST_WRITES) {
            let files = write.files.iter().flatten();
            bytes += files.map(|file| size_of(&file.path, file.before.as_ref(), &file.after)).sum::<usize>();
            if bytes > MOST_BYTES {
                break;
            }
            kept += 1;
        }
        self.write_journal(&writes[writes.len() - kept..]);
    }

    /// Takes a write back, its last file first, and forgets it. Fails before anything is changed where a file is no more
    /// as the write left it.
    pub fn take_back(&self, write: &PastWrite) -> Result<()> {
        let top = self.workspace().work_dir();
        let changes = write.changes().unwrap_or_default();
        for change in &changes {
            refuse_if_changed(top, &change.path, &change.after)?;
        }
        for change in changes.iter().rev() {
            restore(top, change)?;
        }
        let mut writes = self.workspace().past_writes();
        writes.retain(|other| other != write);
        self.write_journal(&writes);
        Ok(())
    }

    /// Removes files that are as they are expected to be: records that no history has.
    pub fn remove(&self, files: &[(String, String)]) -> Result<()> {
        let top = self.workspace().work_dir();
        for (path, text) in files {
            refuse_if_changed(top, path, text)?;
        }
        files.iter().try_for_each(|(path, _)| remove(top, path))
    }

    fn write_journal(&self, writes: &[PastWrite]) {
        if let Ok(json) = serde_json::to_vec(writes) {
            let _ = self.workspace().write_local(NAME, &JOURNAL.sealed(&json));
        }
    }
}

fn size_of(path: &str, before: Option<&String>, after: &str) -> usize {
    path.len() + after.len() + before.map_or(0, String::len)
}

fn restore(top: &Path, change: &Change) -> Result<()> {
    match &change.before {
        Some(before) => write(&top.join(&change.path), before.as_bytes(), Target::Existing),
        None => remove(top, &change.path),
    }
}

/// Removes a file, and its folder where that is empty then: an empty one would be looked at for ever.
fn remove(top: &Path, path: &str) -> Result<()> {
    let file = top.join(path);
    std::fs::remove_file(&file).map_err(Error::io("remove", &file))?;
    let (folder, _) = split(path);
    let folder = top.join(folder);
    let is_of_a_task = path.split('/').count() > 3;
    if !is_of_a_task || std::fs::remove_dir(&folder).is_err() {
        sync_folder(&folder).map_err(Error::io("sync", folder))?;
    }
    Ok(())
}
