//! Folding: HEAD's commit again, with some files changed, as if it had been made so.
//!
//! The new commit has the author, committer, dates, message, encoding, parents and further headers of the old
//! one, byte for byte, and a tree in which only the given files differ. HEAD's branch, or HEAD itself where it
//! is detached, is moved by compare-and-swap with a line in the reflog. Index and working files follow, also
//! where the user has other edits in them: there the caller's own edit is applied once more, to the user's text.
//!
//! The order, in which everything that can fail comes before anything that can be seen: take the lock of the
//! index, read it; write blobs, trees and the (signed) commit; write the working files; fill the index's lock
//! file; move HEAD; rename the lock file. Killed in between, it leaves at worst unstaged edits of the user's
//! own files.
//!
//! It starts no process, except to sign again what was signed. It knows nothing of tasks.

use std::path::PathBuf;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use crate::env::fail_point;
use crate::git::fold::index::LockedIndex;
use crate::git::fold::objects::NewFile;
use crate::git::{CommitId, Error, Repository, SignError, share};

mod branch;
mod files;
mod index;
mod objects;

pub use branch::{BranchCommit, NewCommit};

/// One file that shall differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldEdit {
    /// The path from the top of the repository, with `/`.
    pub path: String,
    /// What HEAD's tree has; none where it does not have the file.
    pub before: Option<Vec<u8>>,
    /// What the new tree shall have.
    pub after: Vec<u8>,
}

/// Applies the edit of a path to another text of that file; none where it cannot.
pub type EditAgain<'a> = dyn Fn(&str, &[u8]) -> Option<Vec<u8>> + 'a;

/// What to fold into which commit.
pub struct Fold<'a> {
    /// The commit that HEAD is at.
    pub head: CommitId,
    /// The files that shall differ. Those that HEAD has already as they shall be are passed over.
    pub edits: &'a [FoldEdit],
    /// The line for the reflog.
    pub reflog: &'a str,
    /// The index; see [`super::RepoPaths::index_file`].
    pub index_file: PathBuf,
    /// Applies an edit to a text that somebody has changed: staged, or in the working tree.
    pub edit_again: &'a EditAgain<'a>,
}

/// What folding did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// The commit that HEAD is at now.
    pub commit: CommitId,
    /// The commit that HEAD was at. The same where there was nothing to fold.
    pub previous: CommitId,
    /// What did not follow, sorted by path.
    pub left: Vec<Skipped>,
}

/// A file that has been left as the user has it, although the commit has changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The path from the top of the repository.
    pub path: String,
    /// Where it was left.
    pub place: SkippedIn,
    /// Why.
    pub why: SkipReason,
}

/// The two places besides the commit in which a file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkippedIn {
    /// The index: what is staged.
    Index,
    /// The working tree.
    WorkingTree,
}

/// Why a file did not follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// The user has removed it there.
    Removed,
    /// The user has edited it there, in a way that leaves no place for the edit.
    Edited,
    /// Something that is no file is there.
    NotAFile,
    /// It is outside of what is checked out, in a folder that has other changes.
    Outside,
    /// The system did not allow it.
    Unwritable(String),
}

impl Folded {
    /// Whether there was nothing to fold.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.commit == self.previous
    }
}

/// Why nothing was folded. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum FoldRefusal {
    /// HEAD is at another commit: somebody was faster.
    #[error("HEAD is no longer at {expected}")]
    HeadMoved {
        /// Where it was expected.
        expected: CommitId,
    },
    /// HEAD's tree has another content than the edit begins with.
    #[error("`{path}` is not in the commit as expected")]
    Unexpected {
        /// The file.
        path: String,
    },
    /// The path, or a folder of it, is something else in HEAD's tree.
    #[error("`{path}` is not a file in the commit")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// The path is in conflict.
    #[error("`{path}` is unmerged")]
    Unmerged {
        /// The path.
        path: String,
    },
    /// Another process is changing the index.
    #[error("another git process has locked `{}`", .lock.display())]
    IndexLocked {
        /// The lock.
        lock: PathBuf,
    },
    /// The commit is signed, and could not be signed again.
    #[error("the commit is signed and cannot be signed again: {0}")]
    Unsigned(SignError),
    /// Git could not be read or written.
    #[error(transparent)]
    Git(#[from] Error),
}

/// An edit that HEAD does not have yet, with ids.
struct Pending<'a> {
    edit: &'a FoldEdit,
    before_id: Option<ObjectId>,
    after_id: ObjectId,
}

/// Makes HEAD's commit again with other files, and lets HEAD, index and working tree follow.
///
/// Folding the same edits once more does nothing. On a refusal nothing has changed.
pub fn fold(repository: &Repository, fold: &Fold<'_>) -> Result<Folded, FoldRefusal> {
    let nothing = Folded { commit: fold.head, previous: fold.head, left: Vec::new() };
    if repository.head()?.commit != Some(fold.head) {
        return Err(FoldRefusal::HeadMoved { expected: fold.head });
    }
    let pending = pending(repository, fold)?;
    if pending.is_empty() {
        return Ok(nothing);
    }
    let mut index = LockedIndex::read(repository, &fold.index_file)?;
    index.refuse_unmerged(&pending)?;
    for each in &pending {
        repository.write_bytes(gix::objs::Kind::Blob, &each.edit.after)?;
    }
    let new_files: Vec<NewFile<'_>> =
        pending.iter().map(|each| NewFile { path: &each.edit.path, id: each.after_id }).collect();
    let trees = objects::rewrite(repository, fold.head, &new_files)?;
    let commit_id = objects::with_tree(repository, fold.head, trees.root())?;
    fail_point("fold:objects");

    let mut left = index.follow(repository, &pending, &trees, fold.edit_again)?;
    let written = files::follow(repository, &pending, &index, fold.edit_again, &mut left);
    fail_point("fold:files");
    let filled = index.finish(repository, &written);
    let moved = filled.and_then(|index| {
        move_head(repository, fold, commit_id)?;
        Ok(index)
    });
    match moved {
        Ok(index) => {
            fail_point("fold:head");
            index.release()?;
        }
        Err(refusal) => {
            files::put_back(&written);
            return Err(refusal);
        }
    }
    left.sort();
    Ok(Folded { commit: CommitId::new(commit_id), previous: fold.head, left })
}

/// The edits that HEAD lacks. One that begins with anything but what HEAD has is a refusal.
fn pending<'a>(repository: &Repository, fold: &Fold<'a>) -> Result<Vec<Pending<'a>>, FoldRefusal> {
    let mut pending = Vec::with_capacity(fold.edits.len());
    for edit in fold.edits {
        let before_id = edit.before.as_deref().map(|bytes| repository.blob_id_of(bytes)).transpose()?;
        let after_id = repository.blob_id_of(&edit.after)?;
        let found = repository.tree_file(fold.head, &edit.path)?.map(|file| file.blob_id.raw());
        if found == Some(after_id) {
            continue;
        }
        if found != before_id {
            return Err(FoldRefusal::Unexpected { path: edit.path.clone() });
        }
        pending.push(Pending { edit, before_id, after_id });
    }
    pending.sort_by(|a, b| a.edit.path.cmp(&b.edit.path));
    Ok(pending)
}

/// Compare-and-swap: whoever moved HEAD in between wins.
fn move_head(repository: &Repository, fold: &Fold<'_>, commit_id: ObjectId) -> Result<(), FoldRefusal> {
    use gix::refs::Target;
    use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
    let cannot = |error: gix::Error| Error::because("move HEAD", &error);
    let log =
        LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: fold.reflog.into() };
    let expected = PreviousValue::MustExistAndMatch(Target::Object(fold.head.raw()));
    let name = "HEAD".try_into().map_err(|error| Error::other("move HEAD", error))?;
    let change = Change::Update { log, expected, new: Target::Object(commit_id) };
    let commit = repository.inner.find_commit(commit_id).map_err(cannot)?;
    let committer = commit.committer().map_err(cannot)?;
    let edit = RefEdit { change, name, deref: true };
    match repository.inner.edit_references_as([edit], Some(committer)) {
        Ok(moved) => {
            for edit in moved {
                let name = edit.name.as_bstr().to_str_lossy();
                share(&repository.repo_paths().common_dir.join(&*name));
            }
            Ok(())
        }
        Err(_) if repository.head()?.commit != Some(fold.head) => {
            Err(FoldRefusal::HeadMoved { expected: fold.head })
        }
        Err(error) => Err(cannot(error).into()),
    }
}

impl Repository {
    /// Writes an object and returns its id.
    pub(in crate::git) fn write_bytes(&self, kind: gix::objs::Kind, bytes: &[u8]) -> Result<ObjectId, Error> {
        use gix::objs::Write;
        let id =
            self.inner.write_buf(kind, bytes).map_err(|error| Error::because("write an object", &error))?;
        let hex = id.to_string();
        let folder = self.repo_paths().common_dir.join("objects").join(&hex[..2]);
        share(&folder);
        share(&folder.join(&hex[2..]));
        Ok(id)
    }

    fn blob_id_of(&self, bytes: &[u8]) -> Result<ObjectId, Error> {
        gix::objs::compute_hash(self.inner.object_hash(), gix::objs::Kind::Blob, bytes)
            .map_err(|error| Error::other("compute an object's id", error))
    }
}
