//! What a commit contains, and what is staged: files below a folder, and their content.
//!
//! A path that is not UTF-8 has a text of its own, in which each odd byte is written as `�` and two digits.

use std::borrow::Cow;
use std::path::Path;

use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::entry::{Flags, Mode, Stage, Stat};
use gix::object::tree::EntryKind;
use rayon::prelude::*;

use crate::git::{BlobId, CommitId, Error, FileState, Repository, TreeId};
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeFile {
    /// The path from the top of the repository, with `/`; bytes that are not UTF-8 are written as `�` and two digits.
    pub path: String,
    /// What it is.
    pub mode: FileMode,
    /// Its content. For a submodule the id is that of a commit.
    pub blob_id: BlobId,
}

impl TreeFile {
    /// Returns what it is, without its path.
    #[must_use]
    pub fn state(&self) -> FileState {
        FileState { mode: self.mode, blob_id: self.blob_id }
    }

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

/// From this many blobs on, they are read on several threads.
const WORTH_THREADS: usize = 256;

impl Repository {
    /// Returns all files of a commit below a folder, sorted by path. An empty `prefix` is the whole commit. A folder
    /// that the commit does not have has no files.
    ///
    /// Folders more than 64 deep are not looked into. More than a million entries are an error: a few small trees
    /// that name each other can represent more files than there is memory.
    pub fn tree_files(&self, commit: CommitId, prefix: &str) -> Result<Vec<TreeFile>, Error> {
        let prefix = prefix.trim_matches('/');
        let Some(tree_id) = self.tree_id(commit, prefix)? else { return Ok(Vec::new()) };
        let (mut files, mut entries) = (Vec::new(), 0_usize);
        let mut waiting = vec![(prefix.to_owned(), tree_id.raw(), 0)];
        while let Some((folder, id, depth)) = waiting.pop() {
            let tree = self.tree(commit, Some(id))?;
            for item in tree.items() {
                let name = text_of(tree.name(item).as_bstr());
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                let (mode, object) = tree.held(item);
                match file_mode(mode.kind()) {
                    Some(mode) => files.push(TreeFile { path, mode, blob_id: BlobId::new(object) }),
                    None if depth < DEEPEST => waiting.push((path, object, depth + 1)),
                    None => {}
                }
                entries += 1;
                if entries > MOST_ENTRIES {
                    let reason = format!("there are more than {MOST_ENTRIES}");
                    let action = "list the files";
                    return Err(Error::Commit { action, commit_id: commit, reason, partial: false });
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
        if folder.is_empty() {
            return Ok(Some(TreeId::new(self.root_tree_id(commit)?)));
        }
        let held = self.held_at(commit, &path_of(folder))?;
        Ok(held.filter(|(mode, _)| mode.is_tree()).map(|(_, id)| TreeId::new(id)))
    }

    /// Returns one file of a commit; none where the commit does not have it.
    pub fn tree_file(&self, commit: CommitId, path: &str) -> Result<Option<TreeFile>, Error> {
        let held = self.held_at(commit, &path_of(path))?;
        Ok(held.and_then(|(mode, id)| {
            let mode = file_mode(mode.kind())?;
            Some(TreeFile { path: path.to_owned(), mode, blob_id: BlobId::new(id) })
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
        self.hash_blob(bytes) == Some(id)
    }

    /// Returns the id that a blob of these bytes has, whether there is one or not.
    #[must_use]
    pub fn hash_blob(&self, bytes: &[u8]) -> Option<BlobId> {
        let computed = gix::objs::compute_hash(self.inner.object_hash(), gix::objs::Kind::Blob, bytes);
        computed.ok().map(BlobId::new)
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
        let repo_paths = self.repo_paths();
        let own = || Self::local(shared.to_thread_local(), repo_paths);
        let read =
            |repository: &mut Self, (at, id): (usize, &BlobId)| make(at, repository.read_blob(*id, cap));
        ids.par_iter().enumerate().with_min_len(WORTH_THREADS).map_init(own, read).collect()
    }

    pub(super) fn unreadable(&self, commit: CommitId, action: &'static str, error: &gix::Error) -> Error {
        self.unreadable_because(commit, action, &error.to_string())
    }

    pub(super) fn unreadable_because(&self, commit: CommitId, action: &'static str, error: &str) -> Error {
        if !self.inner.has_object(commit.raw()) {
            return Error::MissingObject { id: commit.to_string(), shallow: self.is_shallow() };
        }
        let reason = crate::git::error::one_line(error);
        Error::Commit { action, commit_id: commit, reason, partial: self.is_partial() }
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

/// The staged files at one moment. One that is in conflict counts as ours.
#[derive(Default)]
pub struct Staged {
    /// None where nothing was ever staged.
    index: Option<gix::index::File>,
}

impl Repository {
    /// Reads what is staged.
    pub fn staged(&self, index_file: &Path) -> Result<Staged, Error> {
        if !index_file.exists() {
            return Ok(Staged::default());
        }
        let options = gix::index::decode::Options::default();
        let index = gix::index::File::at(index_file, self.inner.object_hash(), true, options)
            .map_err(|error| Error::other("read the index", error))?;
        Ok(Staged { index: Some(index) })
    }
}

impl Staged {
    /// Returns one file; none where it is not staged.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<TreeFile> {
        let index = self.index.as_ref()?;
        let (path, stages) = (path_of(path), [Stage::Unconflicted, Stage::Ours]);
        let entry = stages.iter().find_map(|stage| index.entry_by_path_and_stage(&path, *stage))?;
        file_of(index, entry)
    }

    /// Whether a file is in conflict.
    #[must_use]
    pub fn is_unmerged(&self, path: &str) -> bool {
        let Some(index) = &self.index else { return false };
        let (path, stages) = (path_of(path), [Stage::Base, Stage::Ours, Stage::Theirs]);
        stages.iter().any(|stage| index.entry_by_path_and_stage(&path, *stage).is_some())
    }

    /// Returns the files below a folder, sorted by path; all where the folder is empty.
    #[must_use]
    pub fn files(&self, folder: &str) -> Vec<TreeFile> {
        let Some(index) = &self.index else { return Vec::new() };
        let inside = format!("{folder}/");
        let entries = match folder {
            "" => index.entries(),
            _ => index.prefixed_entries(inside.as_bytes().as_bstr()).unwrap_or_default(),
        };
        let is_own = |entry: &&gix::index::Entry| matches!(entry.stage(), Stage::Unconflicted | Stage::Ours);
        entries.iter().filter(is_own).filter_map(|entry| file_of(index, entry)).collect()
    }

    /// Returns whether a file, or anything in a folder, is staged; none where it is not, else whether git leaves it out
    /// of the working tree, as in a sparse checkout.
    #[must_use]
    pub fn left_out(&self, path: &str) -> Option<bool> {
        let index = self.index.as_ref()?;
        // In a sparse index, one entry represents a whole folder.
        let concerns = |entry: &&gix::index::Entry| {
            let own = entry.path(index);
            let is_around = own.ends_with(b"/") && path.as_bytes().starts_with(own);
            let is_inside =
                own.strip_prefix(path.as_bytes()).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
            is_around || is_inside
        };
        let entry = index.entries().iter().find(concerns)?;
        Some(entry.mode == Mode::DIR || entry.flags.contains(Flags::SKIP_WORKTREE))
    }

    /// Counts the files below a folder that git leaves out of the working tree, as in a sparse checkout.
    #[must_use]
    pub fn count_left_out(&self, folder: &str) -> usize {
        let Some(index) = self.index.as_ref() else { return 0 };
        let inside = |entry: &&gix::index::Entry| {
            let rest = entry.path(index).strip_prefix(folder.as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        let is_left_out =
            |entry: &gix::index::Entry| entry.mode == Mode::DIR || entry.flags.contains(Flags::SKIP_WORKTREE);
        index.entries().iter().filter(inside).filter(|entry| is_left_out(entry)).count()
    }

    /// Returns the tree that a folder is staged as, that of everything for an empty name; none where git has not computed it
    /// since something in it changed.
    #[must_use]
    pub fn tree_id(&self, folder: &str) -> Option<TreeId> {
        let mut tree = self.index.as_ref()?.tree()?;
        for name in folder.split('/').filter(|name| !name.is_empty()) {
            tree = tree.children.iter().find(|child| child.name.as_slice() == name.as_bytes())?;
        }
        tree.num_entries.map(|_| TreeId::new(tree.id))
    }

    /// Returns the files below a folder that are on disk as they are staged: their stats say so, and they were written
    /// before the index was. Of the others nothing is known without reading them.
    #[must_use]
    pub fn clean_files(&self, folder: &str, work_dir: &Path) -> Vec<(String, BlobId)> {
        let Some(index) = &self.index else { return Vec::new() };
        let written = index.timestamp().unix_seconds();
        let inside = format!("{folder}/");
        let entries = index.prefixed_entries(inside.as_bytes().as_bstr()).unwrap_or_default();
        let clean = |entry: &gix::index::Entry| {
            let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
            let is_old = i64::from(entry.stat.mtime.secs) < written;
            if !is_file || !is_old || entry.stage() != Stage::Unconflicted {
                return None;
            }
            let path = entry.path(index).to_str().ok()?;
            let found = gix::index::fs::Metadata::from_path_no_follow(&work_dir.join(path)).ok()?;
            let is_same = Stat::from_fs(&found).is_ok_and(|stat| stat == entry.stat);
            is_same.then(|| (path.to_owned(), BlobId::new(entry.id)))
        };
        entries.iter().filter_map(clean).collect()
    }
}

impl std::fmt::Debug for Staged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entries = self.index.as_ref().map_or(0, |index| index.entries().len());
        f.debug_struct("Staged").field("entries", &entries).finish()
    }
}

fn file_of(index: &gix::index::File, entry: &gix::index::Entry) -> Option<TreeFile> {
    let mode = match entry.mode {
        Mode::FILE => FileMode::Plain,
        Mode::FILE_EXECUTABLE => FileMode::Executable,
        Mode::SYMLINK => FileMode::Link,
        Mode::COMMIT => FileMode::Submodule,
        _ => return None,
    };
    let path = text_of(entry.path(index));
    Some(TreeFile { path, mode, blob_id: BlobId::new(entry.id) })
}

/// Precedes the two digits of a byte that is no text, and before itself.
const MARK: char = char::REPLACEMENT_CHARACTER;

/// Returns a path as text. A byte that is not UTF-8 becomes `�` and two hexadecimal digits, and `�` is doubled.
///
/// git's paths are bytes; those that are not UTF-8 are written so that no two paths have one text, and that the text
/// leads back to the file: else a file could hide behind the name of another.
pub(super) fn text_of(path: &BStr) -> String {
    if let Ok(text) = path.to_str()
        && !text.contains(MARK)
    {
        return text.to_owned();
    }
    let mut text = String::with_capacity(path.len() + 8);
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            text.push(c);
            if c == MARK {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("{MARK}{byte:02x}"));
        }
    }
    text
}

/// Returns the path that a text means.
pub(super) fn path_of(text: &str) -> Cow<'_, BStr> {
    if !text.contains(MARK) {
        return Cow::Borrowed(BStr::new(text));
    }
    let mut path = BString::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        path.extend_from_slice(before.as_bytes());
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match byte {
            Some(byte) => {
                path.push(byte);
                &after[2..]
            }
            None => {
                path.extend_from_slice(MARK.encode_utf8(&mut [0; 4]).as_bytes());
                after.strip_prefix(MARK).unwrap_or(after)
            }
        };
    }
    path.extend_from_slice(rest.as_bytes());
    Cow::Owned(path)
}

#[cfg(test)]
mod tests {
    use gix::bstr::{BStr, ByteSlice};

    use super::*;

    #[test]
    fn every_path_has_a_text_of_its_own_that_leads_back() {
        let paths: [&[u8]; 8] = [
            b"src/a.rs",
            b"src/\xfe.rs",
            b"src/\xff.rs",
            b"\xe2\x82",
            "src/\u{fffd}.rs".as_bytes(),
            "src/\u{fffd}fe.rs".as_bytes(),
            "\u{fffd}\u{fffd}\u{fffd}".as_bytes(),
            "größe".as_bytes(),
        ];
        let mut texts: Vec<String> = paths.iter().map(|path| text_of(BStr::new(path))).collect();
        for (path, text) in paths.iter().zip(&texts) {
            assert_eq!(path_of(text).as_bytes(), *path, "{text}");
        }
        assert_eq!((texts[0].as_str(), texts[1].as_str()), ("src/a.rs", "src/\u{fffd}fe.rs"));
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), paths.len());
    }
}
