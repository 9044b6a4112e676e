//! What is staged: the files that a commit made now would have.

use std::path::Path;

use gix::bstr::ByteSlice;
use gix::index::entry::{Mode, Stage, Stat};

use super::{BlobId, Error, FileMode, Repository, TreeFile};

impl Repository {
    /// Returns the staged files below a folder that are on disk as they are staged: their stats say so, and they were
    /// written before the index was. Of the others nothing is known without reading them.
    pub fn clean_files(
        &self,
        index_file: &Path,
        folder: &str,
        work_dir: &Path,
    ) -> Result<Vec<(String, BlobId)>, Error> {
        if !index_file.exists() {
            return Ok(Vec::new());
        }
        let options = gix::index::decode::Options::default();
        let index = gix::index::File::at(index_file, self.inner.object_hash(), true, options)
            .map_err(|error| Error::other("read the index", error))?;
        let written = index.timestamp().unix_seconds();
        let inside = format!("{folder}/");
        let entries = index.prefixed_entries(inside.as_bytes().as_bstr()).unwrap_or_default();
        let clean = |entry: &gix::index::Entry| {
            let is_file = matches!(entry.mode, Mode::FILE | Mode::FILE_EXECUTABLE);
            if !is_file || entry.stage() != Stage::Unconflicted || i64::from(entry.stat.mtime.secs) >= written
            {
                return None;
            }
            let path = entry.path(&index).to_str().ok()?;
            let found = gix::index::fs::Metadata::from_path_no_follow(&work_dir.join(path)).ok()?;
            let is_same = Stat::from_fs(&found).is_ok_and(|stat| stat == entry.stat);
            is_same.then(|| (path.to_owned(), BlobId::new(entry.id)))
        };
        Ok(entries.iter().filter_map(clean).collect())
    }

    /// Returns the staged files below a folder, sorted by path; all where the folder is empty. One that is in conflict comes as ours.
    pub fn staged_files(&self, index_file: &Path, folder: &str) -> Result<Vec<TreeFile>, Error> {
        if !index_file.exists() {
            return Ok(Vec::new());
        }
        let options = gix::index::decode::Options::default();
        let index = gix::index::File::at(index_file, self.inner.object_hash(), true, options)
            .map_err(|error| Error::other("read the index", error))?;
        let inside = format!("{folder}/");
        let entries = match folder {
            "" => index.entries(),
            _ => index.prefixed_entries(inside.as_bytes().as_bstr()).unwrap_or_default(),
        };
        let file = |entry: &gix::index::Entry| {
            let mode = match entry.mode {
                Mode::FILE => FileMode::Plain,
                Mode::FILE_EXECUTABLE => FileMode::Executable,
                Mode::SYMLINK => FileMode::Link,
                Mode::COMMIT => FileMode::Submodule,
                _ => return None,
            };
            let is_wanted = matches!(entry.stage(), Stage::Unconflicted | Stage::Ours);
            let path = entry.path(&index).to_str_lossy().into_owned();
            is_wanted.then(|| TreeFile { path, mode, blob_id: BlobId::new(entry.id) })
        };
        Ok(entries.iter().filter_map(file).collect())
    }
}
