//! The last writes of this working tree, so that they can be taken back: local, never committed. What is in the journal
//! is checked against the files before anything is taken back; without the journal everything else works as well.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::folder::split;
use super::transaction::refuse_if_changed;
use super::write::{Target, create_folder, sync_folder, write};
use super::{Change, Error, Locked, Result, Workspace};
use crate::git::CacheFile;

/// Another number where writes are kept otherwise.
const JOURNAL: CacheFile = CacheFile::new(*b"trkundo2", &["json"]);
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
    /// The branch that was checked out; none where there was none.
    #[serde(default)]
    branch: Option<String>,
    /// The files, in the order they were written; none where they were too large to be kept.
    files: Option<Vec<PastFile>>,
}

/// A file of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastFile {
    /// Path below the top of the working tree.
    pub path: String,
    /// The text before; none where the file was new.
    pub before: Option<String>,
    /// The text after; none where the file was removed.
    pub after: Option<String>,
}

impl PastWrite {
    /// Makes one of the changes that it made, in their order: a file that was changed twice is one.
    #[must_use]
    pub fn of(at: DateTime<Utc>, summary: String, changes: &[Change]) -> Self {
        let mut files: Vec<PastFile> = Vec::new();
        for change in changes.iter().filter(|change| !change.is_empty()) {
            match files.iter_mut().find(|file| file.path == change.path) {
                Some(file) => file.after = Some(change.after.clone()),
                None => files.push(PastFile {
                    path: change.path.clone(),
                    before: change.before.clone(),
                    after: Some(change.after.clone()),
                }),
            }
        }
        Self { at, summary, branch: None, files: Some(files) }
    }

    /// Returns its files; none where they were too large to be kept.
    #[must_use]
    pub fn files(&self) -> Option<&[PastFile]> {
        self.files.as_deref()
    }

    /// Whether every file is as it left it.
    fn is_there(&self, top: &Path) -> bool {
        let is_as_left = |file: &PastFile| match &file.after {
            Some(after) => refuse_if_changed(top, &file.path, after).is_ok(),
            None => refuse_if_there(top, &file.path).is_ok(),
        };
        self.files.iter().flatten().all(is_as_left)
    }
}

impl Workspace {
    /// Returns the writes that are remembered, the last one last. What was written on another branch and stayed there is not
    /// among them; what came along to this one is.
    #[must_use]
    pub fn past_writes(&self) -> Vec<PastWrite> {
        let here = self.repo_paths().branch().ok().flatten();
        let is_of_here = |write: &PastWrite| {
            write.branch.is_none() || write.branch == here || write.is_there(self.work_dir())
        };
        self.all_past_writes().into_iter().filter(is_of_here).collect()
    }

    fn all_past_writes(&self) -> Vec<PastWrite> {
        let bytes = JOURNAL.read(&self.local_path(NAME)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

impl Locked<'_> {
    /// Remembers a write. What cannot be remembered only cannot be taken back.
    pub fn remember(&self, at: DateTime<Utc>, summary: String, changes: &[Change]) {
        let PastWrite { summary, files, .. } = PastWrite::of(at, summary, changes);
        self.remember_files(at, summary, files.unwrap_or_default());
    }

    fn remember_files(&self, at: DateTime<Utc>, summary: String, files: Vec<PastFile>) {
        if files.is_empty() {
            return;
        }
        let size: usize = files.iter().map(size_of).sum();
        let files = (size <= MOST_BYTES).then_some(files);
        let branch = self.workspace().repo_paths().branch().ok().flatten();
        let mut writes = self.workspace().all_past_writes();
        writes.push(PastWrite { at, summary, branch, files });
        let (mut bytes, mut kept) = (0, 0);
        for write in writes.iter().rev().take(MOST_WRITES) {
            let files = write.files.iter().flatten();
            bytes += files.map(size_of).sum::<usize>();
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
        let files = write.files().unwrap_or_default();
        for file in files {
            match &file.after {
                Some(after) => refuse_if_changed(top, &file.path, after)?,
                None => refuse_if_there(top, &file.path)?,
            }
        }
        for file in files.iter().rev() {
            restore(top, file)?;
        }
        let mut writes = self.workspace().all_past_writes();
        writes.retain(|other| other != write);
        self.write_journal(&writes);
        Ok(())
    }

    /// Removes files that are as they are expected to be: records that no history has. It is remembered first, so that
    /// nothing is lost where it is killed in between.
    pub fn remove(&self, at: DateTime<Utc>, summary: String, files: &[(String, String)]) -> Result<()> {
        let top = self.workspace().work_dir();
        for (path, text) in files {
            refuse_if_changed(top, path, text)?;
        }
        let file = |(path, text): &(String, String)| PastFile {
            path: path.clone(),
            before: Some(text.clone()),
            after: None,
        };
        self.remember_files(at, summary, files.iter().map(file).collect());
        files.iter().try_for_each(|(path, _)| remove(top, path))
    }

    fn write_journal(&self, writes: &[PastWrite]) {
        if let Ok(json) = serde_json::to_vec(writes) {
            let _ = self.workspace().write_local(NAME, &JOURNAL.sealed(&json));
        }
    }
}

fn size_of(file: &PastFile) -> usize {
    let texts = [&file.before, &file.after].into_iter().flatten();
    file.path.len() + texts.map(String::len).sum::<usize>()
}

fn refuse_if_there(top: &Path, path: &str) -> Result<()> {
    let path = top.join(path);
    if path.symlink_metadata().is_ok() { Err(Error::Changed { path }) } else { Ok(()) }
}

fn restore(top: &Path, file: &PastFile) -> Result<()> {
    let path = top.join(&file.path);
    match (&file.before, &file.after) {
        (Some(before), Some(_)) => write(&path, before.as_bytes(), Target::Existing),
        (Some(before), None) => {
            create_folder(&top.join(split(&file.path).0))?;
            write(&path, before.as_bytes(), Target::New)
        }
        (None, _) => remove(top, &file.path),
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
