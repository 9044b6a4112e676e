//! A commit on a branch that nobody has to check out: the tree of its tip with some files added or replaced.

use chrono::{DateTime, FixedOffset};
use gix::bstr::ByteSlice;
use gix::refs::Target;
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};

use super::objects::{self, NewFile};
use crate::git::{CommitId, Error, FoldRefusal, Person, Repository, share};

/// A commit to be made on a branch.
pub struct BranchCommit<'a> {
    /// The commit that the branch ends in.
    pub tip: CommitId,
    /// Files with their new content, below the top of the repository.
    pub files: &'a [(&'a str, &'a [u8])],
    /// The whole message.
    pub message: &'a str,
    /// Who makes it.
    pub author: &'a Person,
    /// When, by the clock of whoever makes it.
    pub at: DateTime<FixedOffset>,
}

impl Repository {
    /// Writes a commit after a branch's tip and moves nothing. It is signed where the user's configuration says so
    /// (`commit.gpgSign`).
    pub fn write_branch_commit(&self, commit: &BranchCommit<'_>) -> Result<CommitId, FoldRefusal> {
        let mut files = Vec::with_capacity(commit.files.len());
        for (path, bytes) in commit.files {
            files.push(NewFile { path, id: self.write_bytes(gix::objs::Kind::Blob, bytes)? });
        }
        let trees = objects::rewrite(self, commit.tip, &files)?;
        let Person { name, email } = commit.author;
        let (seconds, zone) = (commit.at.timestamp(), commit.at.format("%z"));
        let who = format!("{name} <{email}> {seconds} {zone}");
        let tip = commit.tip;
        let mut bytes = format!(
            "tree {}\nparent {tip}\nauthor {who}\ncommitter {who}\n\n{}\n",
            trees.root(),
            commit.message.trim_end()
        )
        .into_bytes();
        if self.config_flag("commit.gpgSign") {
            let signature = self.sign_commit(&bytes).map_err(FoldRefusal::Unsigned)?;
            objects::insert_signature(&mut bytes, objects::signature_header(trees.root()), &signature);
        }
        Ok(CommitId::new(self.write_bytes(gix::objs::Kind::Commit, &bytes)?))
    }

    /// Moves a branch by compare-and-swap, with a line in its reflog. Returns whether it was where it was expected.
    pub fn move_branch(&self, name: &str, from: CommitId, to: CommitId, why: &str) -> Result<bool, Error> {
        let cannot = |error: gix::Error| Error::because("move the branch", &error);
        let log = LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: why.into() };
        let expected = PreviousValue::MustExistAndMatch(Target::Object(from.raw()));
        let full = name.try_into().map_err(|error| Error::other("move the branch", error))?;
        let change = Change::Update { log, expected, new: Target::Object(to.raw()) };
        let commit = self.inner.find_commit(to.raw()).map_err(cannot)?;
        let committer = commit.committer().map_err(cannot)?;
        match self.inner.edit_references_as([RefEdit { change, name: full, deref: false }], Some(committer)) {
            Ok(moved) => {
                for edit in moved {
                    share(&self.repo_paths().common_dir.join(&*edit.name.as_bstr().to_str_lossy()));
                }
                Ok(true)
            }
            Err(_) if self.ref_commit(name)? != Some(from) => Ok(false),
            // Another process has the ref's lock: it is about to move it.
            Err(error) if error.to_string().contains("lock") => Ok(false),
            Err(error) => Err(cannot(error)),
        }
    }
}
