//! What can go wrong when git is asked.

use std::path::PathBuf;

use crate::git::{BlobId, CommitId};

/// Why git could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No repository at or above the folder.
    #[error("`{}` is not in a git repository", .folder.display())]
    NotARepository {
        /// Where the search began.
        folder: PathBuf,
    },
    /// `GIT_DIR`, or a `.git` file, names a folder that is no repository.
    #[error("{named_by} names `{}`, which is not a git repository", .folder.display())]
    NotAGitDir {
        /// What names it: a variable, or the path of a `.git` file.
        named_by: String,
        /// The folder it names.
        folder: PathBuf,
    },
    /// A file or folder of the repository could not be read or written.
    #[error("cannot {action} `{}`", .path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which path.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The repository is there and could not be opened.
    #[error("cannot open the repository `{}`: {reason}", .git_dir.display())]
    Open {
        /// The repository's own folder.
        git_dir: PathBuf,
        /// Why.
        reason: String,
    },
    /// The refs are in a format that cannot be read.
    #[error("the repository `{}` keeps its refs as a reftable, which cannot be read", .git_dir.display())]
    Reftable {
        /// The repository's own folder.
        git_dir: PathBuf,
    },
    /// A revision that names nothing.
    #[error("`{revision}` is not a revision of this repository")]
    UnknownRevision {
        /// As given.
        revision: String,
        /// Why, where there is more to say than that there is no such name.
        reason: Option<String>,
        /// Whether the clone lacks older history.
        shallow: bool,
    },
    /// The beginning of several object ids.
    #[error("`{revision}` is ambiguous: it could be {}", .candidates.join(", "))]
    AmbiguousRevision {
        /// As given.
        revision: String,
        /// What it could be, at most five.
        candidates: Vec<String>,
    },
    /// A short name that several refs have.
    #[error("`{revision}` is ambiguous: {} have that name", .refs.join(" and "))]
    AmbiguousRef {
        /// As given.
        revision: String,
        /// The whole names of the refs.
        refs: Vec<String>,
    },
    /// A tag where only a branch or the id of a commit will do.
    #[error("`{revision}` is a tag; expected a branch or a commit id")]
    TagAsBase {
        /// As given.
        revision: String,
    },
    /// A revision that names no commit.
    #[error("`{revision}` is a {kind}, not a commit")]
    NotACommit {
        /// As given.
        revision: String,
        /// What it is.
        kind: String,
    },
    /// A commit, tree or blob that this clone does not have.
    #[error("the object {id} is not in this clone")]
    MissingObject {
        /// Its id.
        id: String,
        /// Whether the clone lacks older history.
        shallow: bool,
    },
    /// History is missing that the answer hangs on.
    #[error("this clone is shallow: the history is missing that moves and votes are judged by")]
    Shallow,
    /// A commit that is damaged, or whose files this clone does not all have.
    #[error("cannot {action} of {commit_id}: {reason}")]
    Commit {
        /// What was being done.
        action: &'static str,
        /// With which commit.
        commit_id: CommitId,
        /// Why it failed.
        reason: String,
        /// Whether the clone leaves out objects until somebody requires them.
        partial: bool,
    },
    /// A blob that is larger than the caller wants to read.
    #[error("the content {id} has {size} bytes, more than the {cap} allowed")]
    TooLarge {
        /// The blob.
        id: BlobId,
        /// Its size in bytes.
        size: u64,
        /// The most the caller reads, in bytes.
        cap: u64,
    },
    /// A lock that keeps refs from being changed.
    #[error("`{}` is there: another git changes refs, or one that was killed has left it", .path.display())]
    RefsLocked {
        /// The lock.
        path: PathBuf,
    },
    /// No name or address is configured.
    #[error("git does not know your {}", .missing)]
    NoIdentity {
        /// `name` or `email`.
        missing: &'static str,
    },
    /// Any other answer of git that is of no use.
    #[error("cannot {action}: {reason}")]
    Other {
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        reason: String,
    },
}

const UNSHALLOW: &str = "this clone is shallow; try: git fetch --unshallow";

impl Error {
    /// Returns what to try, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Shallow => Some(
                "fetch all of it: git fetch --unshallow; in a workflow, check out with `fetch-depth: 0`".to_owned(),
            ),
            Self::NotARepository { .. } => Some("try: git init".to_owned()),
            Self::NotAGitDir { named_by, .. } => Some(format!("unset or fix {named_by}")),
            Self::Reftable { .. } => Some(
                "make a clone with files: git clone --ref-format=files; or, in a clone without reflogs and linked \
                 worktrees: git refs migrate --ref-format=files"
                    .to_owned(),
            ),
            Self::UnknownRevision { shallow: true, .. } | Self::MissingObject { shallow: true, .. } => {
                Some(UNSHALLOW.to_owned())
            }
            Self::UnknownRevision { reason: Some(reason), .. } => Some(reason.clone()),
            Self::UnknownRevision { revision, .. } if matches!(revision.as_str(), "HEAD" | "@") => {
                Some("there are no commits yet: git commit".to_owned())
            }
            Self::UnknownRevision { .. } => Some("see: git branch --all, git tag".to_owned()),
            Self::AmbiguousRevision { .. } => Some("give more digits".to_owned()),
            Self::AmbiguousRef { refs, .. } => {
                Some(format!("give the whole name: {}", refs.first().map_or("", String::as_str)))
            }
            Self::TagAsBase { revision } => Some(format!("to compare with the tag, give refs/tags/{revision}")),
            Self::MissingObject { .. } | Self::Commit { partial: true, .. } => Some(
                "a partial clone does not have it: git fetch --refetch --no-filter; in a workflow, check out with \
                 `fetch-depth: 0` and no filter"
                    .to_owned(),
            ),
            Self::RefsLocked { path } => {
                Some(format!("where no git is at work in this repository: rm '{}'", path.display()))
            }
            Self::NoIdentity { missing } => Some(format!(
                "try: git config --global user.{missing} {}",
                if *missing == "name" { "\"Your Name\"" } else { "you@example.com" }
            )),
            _ => None,
        }
    }

    /// Tells what was being done, and besides the last of what failed the first, such as a disk that is full.
    pub(super) fn because(action: &'static str, error: &gix::Error) -> Self {
        let (last, first) = (error.to_string(), error.probable_cause().to_string());
        if last == first {
            Self::other(action, last)
        } else {
            Self::other(action, format!("{last}: {first}"))
        }
    }

    pub(super) fn other(action: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Other { action, reason: one_line(&reason.to_string()) }
    }
}

/// gix's errors can span lines; ours are one.
pub(super) fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(": ")
}
