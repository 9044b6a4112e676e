//! Trees that git stores, sends and checks out, and that `git fsck` refuses: out of order, with a name twice, or with a
//! name that no file can have. Every program reads such a tree in its own way, so nobody can tell what it brings.

use std::fmt;

use gix::objs::tree::EntryMode;
use gix::validate::path::component;

use super::CommitId;

/// What is wrong with a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TreeFault {
    /// The next entry belongs in front of it.
    OutOfOrder(String),
    /// Two entries have the name.
    Twice(String),
    /// No file or folder can have the name: it is empty, `.`, `..`, `.git` in any spelling, or has a `/`.
    Name(String),
}

impl fmt::Display for TreeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder(name) => write!(f, "`{name}` is out of order"),
            Self::Twice(name) => write!(f, "`{name}` is there twice"),
            Self::Name(name) => write!(f, "invalid name `{name}`"),
        }
    }
}

/// A malformed tree that a commit brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedTree {
    /// The commit.
    pub commit_id: CommitId,
    /// The folder from the top of the repository; empty for the top itself.
    pub folder: String,
    /// The first fault of it.
    pub fault: TreeFault,
}

/// The names that git protects on every system, and none that only Windows does not have.
const NAMES: component::Options =
    component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };

/// Whether a file or folder can have a name.
pub(super) fn is_valid_name(name: &[u8], mode: EntryMode) -> bool {
    let mode = mode.is_link().then_some(component::Mode::Symlink);
    gix::validate::path::component(name.into(), mode, NAMES).is_ok()
}

#[cfg(test)]
mod tests {
    use gix::objs::tree::EntryKind;

    use super::is_valid_name;

    #[test]
    fn names_that_git_protects_are_not_valid() {
        let file = EntryKind::Blob.into();
        for name in ["", ".", "..", "a/b", ".git", ".GIT", ".git.", "git~1", ".g\u{200c}it", ".git ::$DATA"] {
            assert!(!is_valid_name(name.as_bytes(), file), "{name}");
        }
        for name in ["a", ".github", ".gitignore", ".gitmodules", "git", "con", "a:b", "...", "é", "a b "] {
            assert!(is_valid_name(name.as_bytes(), file), "{name}");
        }
        assert!(!is_valid_name(b".gitmodules", EntryKind::Link.into()));
    }
}
