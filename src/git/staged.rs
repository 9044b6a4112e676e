//! What is staged: the files that a commit made now would have.

use std::path::Path;

use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Mode, Stage, Stat};

use super::path_text::{path_of, text_of};
use super::{BlobId, Error, FileMode, Repository, TreeFile, TreeId};

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

    /// Returns the files below a folder, sorted by path; all where the folder is empty.
    #[must_use]
    pub fn files(&self, folder: &str) -> Vec<TreeFile> {
        let Some(index) = &self.index else { return Vec::new() };
        let inside = format!("{folder}/");
        let entries = match folder {
            "" => index.entries(),
            _ => index.prefixed_entries(inside.as_bytes().as_bstr()).unwrap_or_default(),
        };
        let wanted = |entry: &&gix::index::Entry| matches!(entry.stage(), Stage::Unconflicted | Stage::Ours);
        entries.iter().filter(wanted).filter_map(|entry| file_of(index, entry)).collect()
    }

    /// Returns whether a file, or anything in a folder, is staged; none where it is not, else whether git leaves it out
    /// of the working tree, as in a sparse checkout.
    #[must_use]
    pub fn left_out(&self, path: &str) -> Option<bool> {
        let index = self.index.as_ref()?;
        // In a sparse index, one entry stands for a whole folder.
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

    /// Returns the tree that a folder is staged as; none where git has not computed it since something in it changed.
    #[must_use]
    pub fn tree_id(&self, folder: &str) -> Option<TreeId> {
        let mut tree = self.index.as_ref()?.tree()?;
        for name in folder.split('/') {
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
