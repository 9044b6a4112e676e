//! The two settings of a repository's own configuration that say where its working tree is.
//!
//! Read without opening the repository, and only where the folders alone do not tell.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::error::one_line;
use super::places::is_worth_telling;

/// A repository's own configuration, without the user's and the system's and without includes.
pub(super) struct LocalConfig {
    /// In the order they are read; the last one that says something counts.
    files: Vec<gix::config::File>,
}

impl LocalConfig {
    /// Reads `config`, and `config.worktree` where the repository uses it.
    pub(super) fn read(git_dir: &Path, common_dir: &Path) -> Result<Self, Error> {
        let mut files = Vec::new();
        files.extend(read_file(&common_dir.join("config"), git_dir)?);
        let per_worktree =
            |file: &gix::config::File| file.boolean("extensions.worktreeConfig").ok().flatten();
        if files.iter().find_map(per_worktree) == Some(true) {
            files.extend(read_file(&git_dir.join("config.worktree"), git_dir)?);
        }
        Ok(Self { files })
    }

    /// Returns `core.worktree`, which may be relative to the repository's own folder.
    pub(super) fn work_tree(&self) -> Option<PathBuf> {
        let value = self.files.iter().rev().find_map(|file| file.string("core.worktree"))?;
        Some(super::places::path_in(&value))
    }

    /// Tells whether `core.bare` is set.
    pub(super) fn is_bare(&self) -> bool {
        self.files.iter().rev().find_map(|file| file.boolean("core.bare").ok().flatten()).unwrap_or(false)
    }
}

fn read_file(path: &Path, git_dir: &Path) -> Result<Option<gix::config::File>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(source) if is_worth_telling(&source) => {
            return Err(Error::Io { deed: "read", path: path.to_owned(), source });
        }
        Err(_) => return Ok(None),
    };
    let metadata = gix::config::file::Metadata::from(gix::config::Source::Local);
    gix::config::File::from_bytes_no_includes(&bytes, metadata, gix::config::file::init::Options::default())
        .map(Some)
        .map_err(|error| Error::Open {
            git_dir: git_dir.to_owned(),
            reason: format!("{}: {}", path.display(), one_line(&error.to_string())),
        })
}
