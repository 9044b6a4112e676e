//! A commit on a branch that nobody has to check out: the tree of its tip with some files added or replaced.

use chrono::{DateTime, FixedOffset};
use gix::bstr::ByteSlice;
use gix::refs::Target;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};

use super::objects::{self, NewFile};
use crate::git::ref_edits::NotedEdit;
use crate::git::{CommitId, Error, FoldRefusal, Person, Repository, TreeId, share};

/// A commit to be made on a branch.
pub struct BranchCommit<'a> {
    /// The commit that the branch ends in.
    pub tip: CommitId,
    /// Files with their new content, below the top of the repository.
    pub files: &'a [(&'a str, &'a [u8])],
    /// The whole message.
    pub message: &'a str,
    /// Whose work it is.
    pub author: &'a Person,
    /// Who makes it.
    pub committer: &'a Person,
    /// When, by the clock of whoever makes it.
    pub at: DateTime<FixedOffset>,
}

/// A commit to be made of a tree that is there.
pub struct NewCommit<'a> {
    /// What it has.
    pub tree: TreeId,
    /// The commits that it comes after.
    pub parents: &'a [CommitId],
    /// The whole message.
    pub message: &'a str,
    /// Who makes it.
    pub author: &'a Person,
    /// When, by the clock of whoever makes it.
    pub at: DateTime<FixedOffset>,
    /// Whether it is signed where the user's configuration says so (`commit.gpgSign`).
    pub is_signed: bool,
}

impl Repository {
    /// Writes a commit after a branch's tip and moves nothing. It is signed where the user's configuration says so
    /// (`commit.gpgSign`).
    pub fn write_branch_commit(&self, commit: &BranchCommit<'_>) -> Result<CommitId, FoldRefusal> {
        let BranchCommit { tip, files, message, author, committer, at } = *commit;
        let tree = self.write_tree_over(tip, files)?;
        let commit = NewCommit { tree, parents: &[tip], message, author, at, is_signed: true };
        self.write_commit_as(&commit, committer)
    }

    /// Writes the tree of a commit with some files added or replaced.
    pub fn write_tree_over(&self, commit: CommitId, files: &[(&str, &[u8])]) -> Result<TreeId, FoldRefusal> {
        let mut written = Vec::with_capacity(files.len());
        for (path, bytes) in files {
            written.push(NewFile { path, id: self.write_bytes(gix::objs::Kind::Blob, bytes)? });
        }
        Ok(TreeId::new(objects::rewrite(self, commit, &written)?.root()))
    }

    /// Writes a commit and moves nothing.
    pub fn write_commit(&self, commit: &NewCommit<'_>) -> Result<CommitId, FoldRefusal> {
        self.write_commit_as(commit, commit.author)
    }

    fn write_commit_as(&self, commit: &NewCommit<'_>, committer: &Person) -> Result<CommitId, FoldRefusal> {
        let (seconds, zone) = (commit.at.timestamp(), commit.at.format("%z"));
        let who = |person: &Person| format!("{} <{}> {seconds} {zone}", person.name, person.email);
        let (author, committer) = (who(commit.author), who(committer));
        let parents: String = commit.parents.iter().map(|parent| format!("parent {parent}\n")).collect();
        let (tree, message) = (commit.tree, commit.message.trim_end());
        let mut bytes =
            format!("tree {tree}\n{parents}author {author}\ncommitter {committer}\n\n{message}\n")
                .into_bytes();
        if commit.is_signed && self.config_flag("commit.gpgSign") {
            let signature = self.sign_commit(&bytes).map_err(FoldRefusal::Unsigned)?;
            objects::insert_signature(&mut bytes, objects::signature_header(tree.raw()), &signature);
        }
        Ok(CommitId::new(self.write_bytes(gix::objs::Kind::Commit, &bytes)?))
    }

    /// Makes a ref. Returns whether there was none of that name.
    pub fn create_ref(&self, name: &str, to: CommitId, why: &str) -> Result<bool, Error> {
        let log = LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: why.into() };
        let new = Target::Object(to.raw());
        let change = Change::Update { log, expected: PreviousValue::MustNotExist, new };
        self.edit_ref(name, change, to, None)
    }

    /// Removes a ref that leads to a commit. Returns whether it did.
    pub fn delete_ref(&self, name: &str, from: CommitId) -> Result<bool, Error> {
        let expected = PreviousValue::MustExistAndMatch(Target::Object(from.raw()));
        let change = Change::Delete { expected, log: RefLog::AndReference };
        self.edit_ref(name, change, from, Some(from))
    }

    /// Moves a branch by compare-and-swap, with a line in its reflog. Returns whether it was where it was expected.
    pub fn move_branch(&self, name: &str, from: CommitId, to: CommitId, why: &str) -> Result<bool, Error> {
        let log = LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: why.into() };
        let expected = PreviousValue::MustExistAndMatch(Target::Object(from.raw()));
        let change = Change::Update { log, expected, new: Target::Object(to.raw()) };
        self.edit_ref(name, change, to, Some(from))
    }

    /// Changes a ref, signed in the reflog by the committer of `commit`. Returns false where it was not where it was
    /// `expected`, or another process has its lock.
    fn edit_ref(
        &self,
        name: &str,
        change: Change,
        commit: CommitId,
        expected: Option<CommitId>,
    ) -> Result<bool, Error> {
        let cannot = |error: gix::Error| Error::because("move the branch", &error);
        let full = name.try_into().map_err(|error| Error::other("move the branch", error))?;
        let commit = self.inner.find_commit(commit.raw()).map_err(cannot)?;
        let committer = commit.committer().map_err(cannot)?;
        let noted = self.ref_edits.get().map(NotedEdit::begin).transpose()?;
        let edited =
            self.inner.edit_references_as([RefEdit { change, name: full, deref: false }], Some(committer));
        drop(noted);
        match edited {
            Ok(moved) => {
                for edit in moved {
                    share(&self.repo_paths().common_dir.join(&*edit.name.as_bstr().to_str_lossy()));
                }
                Ok(true)
            }
            Err(_) if self.ref_commit(name)? != expected => Ok(false),
            Err(_) if self.repo_paths().packed_refs_lock().is_file() => {
                Err(Error::RefsLocked { path: self.repo_paths().packed_refs_lock() })
            }
            // Another process has the ref's lock: it is about to move it.
            Err(error) if error.to_string().contains("lock") => Ok(false),
            Err(error) => Err(cannot(error)),
        }
    }
}
