//! What a commit holds: the files below a folder, and their content.

use gix::object::tree::EntryKind;
use rayon::prelude::*;

use super::path_text::{path_of, text_of};
use super::{BlobId, CommitId, Error, Repository, TreeId};
use crate::model::TreeEntry;

/// What a tree says of a file besides its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileMode {
    /// An ordinary file.
    Plain,
    /// A file that can be run.
    Executable,
    /// A symbolic link: the content is where it points.
    Link,
    /// A commit of another repository: there is no content here.
    Submodule,
}

impl FileMode {
    /// Returns the mode as a tree writes it, such as `0o100644`.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Self::Plain => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Link => 0o120_000,
            Self::Submodule => 0o160_000,
        }
    }
}

/// A file in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// The path from the top of the repository, with `/`; bytes that are not UTF-8 are written as `�` and two digits.
    pub path: String,
    /// What it is.
    pub mode: FileMode,
    /// Its content. For a submodule the id is that of a commit.
    pub blob_id: BlobId,
}

impl TreeFile {
    /// Returns what a vote says of it.
    #[must_use]
    pub fn entry(&self) -> TreeEntry {
        TreeEntry::File { mode: self.mode.bits(), blob: self.blob_id.to_string() }
    }
}

/// Folders nested deeper are not looked into.
const DEEPEST: usize = 64;
/// Most files and folders listed at once.
const MOST_ENTRIES: usize = 1_000_000;

/// From so many blobs on, they are read on several threads.
const WORTH_THREADS: usize = 256;

impl Repository {
    /// Returns all files of a commit below a folder, sorted by path. An empty `prefix` is the whole commit. A folder
    /// that the commit does not have has no files.
    ///
    /// Folders more than 64 deep are not looked into. More than a million entries are an error: a few small trees
    /// that name each other can stand for more files than there is memory.
    pub fn tree_files(&self, commit: CommitId, prefix: &str) -> Result<Vec<TreeFile>, Error> {
        let prefix = prefix.trim_matches('/');
        let Some(tree_id) = self.tree_id(commit, prefix)? else { return Ok(Vec::new()) };
        let cannot = |error: gix::Error| self.unreadable(commit, "list the files", &error);
        let (mut files, mut entries) = (Vec::new(), 0_usize);
        let mut waiting = vec![(prefix.to_owned(), tree_id.raw(), 0)];
        while let Some((folder, id, depth)) = waiting.pop() {
            let tree = self.inner.find_tree(id).map_err(cannot)?;
            for entry in tree.iter() {
                let entry = entry.map_err(|error| cannot(gix::Error::from_error(error)))?;
                let name = text_of(entry.filename());
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                let object = entry.object_id();
                match file_mode(entry.kind()) {
                    Some(mode) => files.push(TreeFile { path, mode, blob_id: BlobId::new(object) }),
                    None if depth < DEEPEST => waiting.push((path, object, depth + 1)),
                    None => {}
                }
                entries += 1;
                if entries > MOST_ENTRIES {
                    let reason = format!("there are more than {MOST_ENTRIES}");
                    return Err(Error::Commit { deed: "list the files", commit_id: commit, reason });
                }
            }
        }
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Returns the tree of a folder in a commit: equal ids are equal folders. None where there is no such folder.
    ///
    /// An empty `folder` is the whole commit.
    pub fn tree_id(&self, commit: CommitId, folder: &str) -> Result<Option<TreeId>, Error> {
        let root = self.root_tree(commit)?;
        if folder.is_empty() {
            return Ok(Some(TreeId::new(root.id)));
        }
        let entry = root
            .lookup_entry_by_path(folder)
            .map_err(|error| self.unreadable(commit, "look up a folder", &error))?;
        Ok(entry.filter(|entry| entry.mode().is_tree()).map(|entry| TreeId::new(entry.object_id())))
    }

    /// Returns one file of a commit; none where the commit does not have it.
    pub fn tree_file(&self, commit: CommitId, path: &str) -> Result<Option<TreeFile>, Error> {
        let cannot = |error: gix::Error| self.unreadable(commit, "look up a file", &error);
        let wanted = gix::path::from_bstr(path_of(path)).map_err(cannot)?;
        let entry = self.root_tree(commit)?.lookup_entry_by_path(wanted).map_err(cannot)?;
        Ok(entry.and_then(|entry| {
            let mode = file_mode(entry.mode().kind())?;
            Some(TreeFile { path: path.to_owned(), mode, blob_id: BlobId::new(entry.object_id()) })
        }))
    }

    /// Returns a blob's bytes, where they are no more than `cap`. A larger one is not even unpacked.
    pub fn read_blob(&self, id: BlobId, cap: u64) -> Result<Vec<u8>, Error> {
        let missing = || Error::MissingObject { id: id.to_string(), shallow: self.is_shallow() };
        let cannot = |error: gix::Error| Error::other("read a blob", error);
        let header = self.inner.try_find_header(id.raw()).map_err(cannot)?.ok_or_else(missing)?;
        if header.size() > cap {
            return Err(Error::TooLarge { id, size: header.size(), cap });
        }
        let mut object = self.inner.try_find_object(id.raw()).map_err(cannot)?.ok_or_else(missing)?;
        Ok(std::mem::take(&mut object.data))
    }

    /// Whether a blob is these bytes, without reading it.
    #[must_use]
    pub fn is_blob(&self, bytes: &[u8], id: BlobId) -> bool {
        let computed = gix::objs::compute_hash(self.inner.object_hash(), gix::objs::Kind::Blob, bytes);
        computed.is_ok_and(|computed| computed == id.raw())
    }

    /// Reads many blobs on as many threads as there are, each as [`Repository::read_blob`] does, and makes something
    /// of each; the order stays.
    pub fn map_blobs<T: Send>(
        &self,
        ids: &[BlobId],
        cap: u64,
        make: impl Fn(usize, Result<Vec<u8>, Error>) -> T + Sync,
    ) -> Vec<T> {
        if ids.len() < WORTH_THREADS {
            return ids.iter().enumerate().map(|(at, id)| make(at, self.read_blob(*id, cap))).collect();
        }
        let shared = self.inner.clone().into_sync();
        let places = self.places();
        let own = || Self::local(shared.to_thread_local(), places);
        let read =
            |repository: &mut Self, (at, id): (usize, &BlobId)| make(at, repository.read_blob(*id, cap));
        ids.par_iter().enumerate().with_min_len(WORTH_THREADS).map_init(own, read).collect()
    }

    fn root_tree(&self, commit: CommitId) -> Result<gix::Tree<'_>, Error> {
        let found = self
            .inner
            .find_commit(commit.raw())
            .map_err(|error| self.unreadable(commit, "read the commit", &error))?;
        found.tree().map_err(|error| self.unreadable(commit, "read the files", &error))
    }

    pub(super) fn unreadable(&self, commit: CommitId, deed: &'static str, error: &gix::Error) -> Error {
        self.unreadable_because(commit, deed, &error.to_string())
    }

    pub(super) fn unreadable_because(&self, commit: CommitId, deed: &'static str, error: &str) -> Error {
        if !self.inner.has_object(commit.raw()) {
            return Error::MissingObject { id: commit.to_string(), shallow: self.is_shallow() };
        }
        Error::Commit { deed, commit_id: commit, reason: super::error::one_line(error) }
    }
}

pub(super) fn file_mode(kind: EntryKind) -> Option<FileMode> {
    match kind {
        EntryKind::Blob => Some(FileMode::Plain),
        EntryKind::BlobExecutable => Some(FileMode::Executable),
        EntryKind::Link => Some(FileMode::Link),
        EntryKind::Commit => Some(FileMode::Submodule),
        EntryKind::Tree => None,
    }
}
