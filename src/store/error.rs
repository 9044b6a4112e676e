//! What can go wrong between the tracker and the disk.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::Holder;
use crate::model::{Problem, TRACKER_FOLDER};

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Git could not be asked.
    #[error(transparent)]
    Git(#[from] crate::git::Error),
    /// The repository has no working tree to keep files in.
    #[error("`{}` is a bare repository and has no working tree", git_dir.display())]
    Bare {
        /// The git folder.
        git_dir: PathBuf,
    },
    /// The repository has no `.tracker`.
    #[error("there is no tracker in `{}`", work_dir.display())]
    NoTracker {
        /// A branch that has one, where somebody has looked for it.
        branch: Option<String>,
        /// Top of the working tree.
        work_dir: PathBuf,
    },
    /// Git has a file or folder, and the working tree does not.
    #[error("{} in `{}`", not_checked_out(path, *tracked), work_dir.display())]
    NotCheckedOut {
        /// Top of the working tree.
        work_dir: PathBuf,
        /// The path below it.
        path: String,
        /// Where git has it.
        tracked: Tracked,
    },
    /// The commit has no `.tracker`.
    #[error("there is no tracker in commit `{rev}`")]
    NoTrackerAt {
        /// The revision requested.
        rev: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was being done, such as `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Another process has the lock.
    #[error("the tracker is locked by {holder}; waited {waited:?}")]
    Locked {
        /// Who has it.
        holder: Holder,
        /// How long this process waited.
        waited: Duration,
    },
    /// Documents that must be whole are not.
    #[error("{}", first_of(.0))]
    Broken(Vec<Problem>),
    /// No task has this id.
    #[error("no task matches `{query}`")]
    NotFound {
        /// What was requested.
        query: String,
        /// An id that is close to it.
        nearest: Option<String>,
    },
    /// A part of an id is enough to read a task, not to write it.
    #[error("`{query}` is too short a part of an id for a change")]
    TooShort {
        /// What was requested.
        query: String,
        /// The id that begins with it.
        meant: String,
    },
    /// More than one task matches.
    #[error("`{query}` matches {} tasks", matches.len())]
    Ambiguous {
        /// What was requested.
        query: String,
        /// The ids that match.
        matches: Vec<String>,
    },
    /// A path below `.tracker` is a symbolic link.
    #[error("`{}` is a symbolic link, and links below .tracker are not followed", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A path is not the kind of thing it should be.
    #[error("`{}` is not a {expected}", path.display())]
    WrongKind {
        /// The path.
        path: PathBuf,
        /// `file` or `folder`.
        expected: &'static str,
    },
    /// A file is no longer what was read.
    #[error("`{}` was changed by somebody else meanwhile", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A hook in which our part cannot be distinguished from the rest.
    #[error("the hook `{}` cannot be changed: {reason}", path.display())]
    BrokenHook {
        /// The hook.
        path: PathBuf,
        /// Why.
        reason: &'static str,
    },
    /// A record that is written once was to be edited.
    #[error("`{}` is a record that is never edited", path.display())]
    AppendOnly {
        /// The file.
        path: PathBuf,
    },
    /// A file to be created is there already.
    #[error("`{}` exists already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
}

impl Error {
    /// Makes the closure that turns an I/O error into one that names the action and the path.
    pub(crate) fn io<'a>(
        action: &'static str,
        path: impl Into<PathBuf> + 'a,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { action, path: path.into(), source }
    }
}

/// Where git has a path that is not in the working tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracked {
    /// Staged, and left out of the working tree by a sparse checkout.
    LeftOut,
    /// Number of its files that are left out of the working tree by a sparse checkout.
    PartlyLeftOut(usize),
    /// Staged, and marked in the index by hand to be left out of the working tree.
    Skipped {
        /// Whether it is a folder.
        is_folder: bool,
    },
    /// Staged.
    Staged,
    /// In the current commit, and not staged: a commit made now would remove it.
    Committed,
}

fn not_checked_out(path: &str, tracked: Tracked) -> String {
    if let Tracked::PartlyLeftOut(count) = tracked {
        format!("{count} files of the tracker of this repository are not checked out")
    } else if path == TRACKER_FOLDER {
        "the tracker of this repository is not checked out".to_owned()
    } else {
        format!("`{path}` is in git and not checked out")
    }
}

fn first_of(problems: &[Problem]) -> String {
    problems.first().map_or_else(|| "a document is broken".to_owned(), ToString::to_string)
}
