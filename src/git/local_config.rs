//! The settings of a repository that say where its working tree is: `core.worktree` and `core.bare`.
//!
//! Read without opening the repository, and hardly parsed: nearly every repository says what the folders say
//! already.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::error::one_line;
use super::places::{is_worth_telling, path_in, real_or};

/// A repository's own configuration, without the user's and the system's and without includes.
pub(super) struct LocalConfig {
    /// In the order they are read; the last one that says something counts.
    files: Vec<gix::config::File>,
}

impl LocalConfig {
    /// Reads `config`, and `config.worktree` where the repository uses it. A linked working tree is where its
    /// folders say, whatever the main one's configuration is.
    pub(super) fn read(git_dir: &Path, common_dir: &Path) -> Result<Self, Error> {
        let mut files = Vec::new();
        if git_dir != common_dir {
            return Ok(Self { files });
        }
        files.extend(read_file(&common_dir.join("config"), git_dir)?);
        let per_worktree =
            |file: &gix::config::File| file.boolean("extensions.worktreeConfig").ok().flatten();
        if files.iter().find_map(per_worktree) == Some(true) {
            files.extend(read_file(&git_dir.join("config.worktree"), git_dir)?);
        }
        Ok(Self { files })
    }

    /// Returns the working tree's top, where `by_folders` is what it is without configuration.
    pub(super) fn work_dir(&self, git_dir: &Path, by_folders: Option<&Path>) -> Option<PathBuf> {
        let named = self.files.iter().rev().find_map(|file| file.string("core.worktree"));
        let is_bare = |file: &gix::config::File| file.boolean("core.bare").ok().flatten();
        match named {
            _ if self.files.iter().rev().find_map(is_bare) == Some(true) => None,
            Some(named) => Some(real_or(git_dir.join(path_in(&named)))),
            None => by_folders.map(Path::to_owned),
        }
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
    if !may_say_something(&bytes) {
        return Ok(None);
    }
    let metadata = gix::config::file::Metadata::from(gix::config::Source::Local);
    gix::config::File::from_bytes_no_includes(&bytes, metadata, gix::config::file::init::Options::default())
        .map(Some)
        .map_err(|error| Error::Open {
            git_dir: git_dir.to_owned(),
            reason: format!("{}: {}", path.display(), one_line(&error.to_string())),
        })
}

/// Whether a configuration can say anything of the working tree beyond `bare = false`, which `git init` writes.
fn may_say_something(bytes: &[u8]) -> bool {
    let text = bytes.to_ascii_lowercase();
    let count = |word: &str| text.windows(word.len()).filter(|at| *at == word.as_bytes()).count();
    count("worktree") > 0 || count("bare") > count("bare = false")
}
