//! One way to read the working tree and any commit: list a folder, read a file.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fs::FileType;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use walkdir::WalkDir;

use super::folder::{Folder, split};
use super::{Error, Result, Snapshot};
use crate::git;
use crate::model::{RecordKind, TRACKER_FOLDER, is_in_tracker};

/// What is under a name in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name within its folder.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What a folder's entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A regular file that a commit or the index has as executable. On disk that depends on the file system, so there
    /// every regular file is a [`EntryKind::File`].
    Executable,
    /// A folder.
    Folder,
    /// A symbolic link; never followed.
    Link,
    /// A pipe, a device, a submodule.
    Other,
}

impl From<git::FileMode> for EntryKind {
    fn from(mode: git::FileMode) -> Self {
        match mode {
            git::FileMode::Plain => Self::File,
            git::FileMode::Executable => Self::Executable,
            git::FileMode::Link => Self::Link,
            git::FileMode::Submodule => Self::Other,
        }
    }
}

/// Where records are read from.
#[derive(Debug)]
pub(super) enum Source {
    /// The files on disk below this folder.
    WorkTree(PathBuf),
    /// The files of a commit.
    Commit(Commit),
    /// What is staged.
    Staged { repository: Rc<git::Repository>, staged: Box<git::Staged> },
}

/// A commit's files: looked up one by one, and listed as a whole only when all tasks are needed.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) id: git::CommitId,
    repository: Rc<git::Repository>,
    files: OnceCell<Vec<git::TreeFile>>,
    /// What was looked up by itself: a folder of ten thousand files is gone through for each.
    found: RefCell<BTreeMap<String, Option<git::TreeFile>>>,
}

impl Commit {
    pub(super) fn new(repository: Rc<git::Repository>, id: git::CommitId) -> Self {
        Self { id, repository, files: OnceCell::new(), found: RefCell::default() }
    }

    /// Returns the tree of a folder; none where it is not there.
    pub(super) fn tree(&self, folder: &str) -> Result<Option<git::TreeId>> {
        Ok(self.repository.tree_id(self.id, folder)?)
    }

    /// Returns all files of the tracker.
    pub(super) fn files(&self) -> Result<&[git::TreeFile]> {
        if let Some(files) = self.files.get() {
            return Ok(files);
        }
        let files = self.repository.tree_files(self.id, TRACKER_FOLDER)?;
        Ok(self.files.get_or_init(|| files))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        if self.files.get().is_some() || folder == TRACKER_FOLDER || folder == RecordKind::Task.folder() {
            return Ok(entries_at(self.files()?, folder));
        }
        let files = self.repository.tree_files(self.id, folder)?;
        // What is listed is read next.
        let found = files.iter().map(|file| (file.path.clone(), Some(file.clone())));
        self.found.borrow_mut().extend(found);
        Ok(entries_at(&files, folder))
    }

    fn file(&self, path: &str) -> Result<Option<git::TreeFile>> {
        if let Some(files) = self.files.get().filter(|_| is_in_tracker(path)) {
            return Ok(position(files, path).map(|at| files[at].clone()));
        }
        if let Some(found) = self.found.borrow().get(path) {
            return Ok(found.clone());
        }
        let found = self.repository.tree_file(self.id, path)?;
        self.found.borrow_mut().insert(path.to_owned(), found.clone());
        Ok(found)
    }
}

impl Source {
    /// Lists a folder, sorted by name; a folder that is not there is empty.
    pub(super) fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let mut entries = match self {
            Self::WorkTree(top) => match Folder::open(top, folder)? {
                Some(folder) => folder.entries()?,
                None => Vec::new(),
            },
            Self::Commit(commit) => commit.list(folder)?,
            Self::Staged { staged, .. } => entries_at(&staged.files(folder), folder),
        };
        entries.sort();
        Ok(entries)
    }

    /// Returns the paths of everything below a folder with their kinds, sorted.
    pub(super) fn walk(&self, folder: &str) -> Result<Vec<(String, EntryKind)>> {
        let mut found = match self {
            Self::WorkTree(top) => walk_files(top, folder)?,
            Self::Commit(commit) => walk_tree(commit.files()?, folder),
            Self::Staged { staged, .. } => walk_tree(&staged.files(folder), folder),
        };
        found.sort();
        Ok(found)
    }

    /// Whether there is anything under this path, without reading it.
    pub(super) fn has(&self, path: &str) -> Result<bool> {
        match self {
            Self::WorkTree(top) => {
                let (folder, name) = split(path);
                Ok(Folder::open(top, folder)?.is_some_and(|folder| folder.stat(name).is_some()))
            }
            Self::Commit(commit) => Ok(commit.file(path)?.is_some()),
            Self::Staged { staged, .. } => Ok(staged.file(path).is_some()),
        }
    }

    /// Returns what a commit or the index has at a path; none if that is not a file, and of a working tree.
    pub(super) fn tree_file(&self, path: &str) -> Result<Option<git::TreeFile>> {
        match self {
            Self::WorkTree(_) => Ok(None),
            Self::Commit(commit) => commit.file(path),
            Self::Staged { staged, .. } => Ok(staged.file(path)),
        }
    }

    /// Returns the files that a commit or the index has in a folder, at whatever depth, sorted; none of a working tree.
    pub(super) fn tree_files(&self, folder: &str) -> Result<Vec<git::TreeFile>> {
        match self {
            Self::WorkTree(_) => Ok(Vec::new()),
            Self::Commit(commit) => Ok(commit.repository.tree_files(commit.id, folder)?),
            Self::Staged { staged, .. } => Ok(staged.files(folder)),
        }
    }

    /// Reads a file; none if it is not there.
    pub(super) fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::WorkTree(top) => {
                let (folder, name) = split(path);
                match Folder::open(top, folder)? {
                    Some(folder) => Ok(folder.read(name)?.map(|(bytes, _)| bytes)),
                    None => Ok(None),
                }
            }
            Self::Commit(commit) => {
                let file = commit.file(path)?;
                file.map_or(Ok(None), |file| read_blob(&commit.repository, &file))
            }
            Self::Staged { repository, staged } => {
                staged.file(path).map_or(Ok(None), |file| read_blob(repository, &file))
            }
        }
    }
}

impl Source {
    /// Reads many files and makes something of each, of a commit on several threads where that pays; the order
    /// stays. What is not there is passed over.
    pub(super) fn map_files<T: Send>(
        &self,
        paths: &[String],
        make: impl Fn(&str, Result<Vec<u8>>) -> T + Sync,
    ) -> Result<Vec<T>> {
        let (repository, files) = match self {
            Self::Commit(commit) => (&commit.repository, commit.files()?),
            Self::WorkTree(_) | Self::Staged { .. } => {
                let one = |path: &String| Some(make(path, self.read(path).transpose()?));
                return Ok(paths.iter().filter_map(one).collect());
            }
        };
        let blob = |path: &String| position(files, path).map(|at| files[at].blob_id);
        let (paths, ids): (Vec<_>, Vec<_>) =
            paths.iter().filter_map(|path| Some((path, blob(path)?))).unzip();
        let make =
            |at: usize, read: std::result::Result<_, git::Error>| make(paths[at], read.map_err(Error::from));
        Ok(repository.map_blobs(&ids, super::LARGEST_FILE, make))
    }
}

/// Walks folders on disk. Links are reported and not followed.
fn walk_files(top: &Path, folder: &str) -> Result<Vec<(String, EntryKind)>> {
    let mut found = Vec::new();
    for entry in
        WalkDir::new(top.join(folder)).min_depth(1).max_depth(Snapshot::DEEPEST - 1).follow_root_links(false)
    {
        let entry = match entry {
            Ok(entry) => entry,
            // Deleted since its folder was listed, or never there.
            Err(error) if error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound) => {
                continue;
            }
            Err(error) => {
                let path = error.path().unwrap_or(top).to_owned();
                return Err(Error::io("list", path)(error.into()));
            }
        };
        let path = entry.path().strip_prefix(top).unwrap_or(entry.path()).to_string_lossy().into_owned();
        found.push((path, kind_from(entry.file_type())));
    }
    Ok(found)
}

fn kind_from(kind: FileType) -> EntryKind {
    match kind {
        _ if kind.is_symlink() => EntryKind::Link,
        _ if kind.is_dir() => EntryKind::Folder,
        _ if kind.is_file() => EntryKind::File,
        _ => EntryKind::Other,
    }
}

fn walk_tree(files: &[git::TreeFile], folder: &str) -> Vec<(String, EntryKind)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in entries_at(files, &folder) {
            let path = format!("{folder}/{}", entry.name);
            if entry.kind == EntryKind::Folder && path.split('/').count() < Snapshot::DEEPEST {
                folders.push(path.clone());
            }
            found.push((path, entry.kind));
        }
    }
    found
}

fn position(files: &[git::TreeFile], path: &str) -> Option<usize> {
    files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()
}

fn read_blob(repository: &git::Repository, file: &git::TreeFile) -> Result<Option<Vec<u8>>> {
    let path = || PathBuf::from(&file.path);
    match file.mode {
        git::FileMode::Link => Err(Error::Link { path: path() }),
        git::FileMode::Submodule => Err(Error::WrongKind { path: path(), expected: "file" }),
        git::FileMode::Executable => Err(Error::WrongKind { path: path(), expected: "plain file" }),
        git::FileMode::Plain => Ok(Some(repository.read_blob(file.blob_id, super::LARGEST_FILE)?)),
    }
}

fn entries_at(files: &[git::TreeFile], folder: &str) -> Vec<Entry> {
    let inside = format!("{folder}/");
    let first = files.partition_point(|file| file.path.as_str() < inside.as_str());
    let mut entries: Vec<Entry> = Vec::new();
    for file in files[first..].iter().map_while(|file| Some((file.path.strip_prefix(&inside)?, file.mode))) {
        let entry = match (file.0.split_once('/'), file.1) {
            (Some((name, _)), _) => Entry { name: name.to_owned(), kind: EntryKind::Folder },
            (None, mode) => Entry { name: file.0.to_owned(), kind: mode.into() },
        };
        if entries.last() != Some(&entry) {
            entries.push(entry);
        }
    }
    entries
}
