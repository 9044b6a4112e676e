//! What is staged: the files that a commit made now would have.

use std::path::Path;

use gix::bstr::ByteSlice;
use gix::index::entry::{Mode, Stage};

use super::{BlobId, Error, FileMode, Repository, TreeFile};

impl Repository {
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
