//! What a task's commits changed: for each path where they led it `from`, and what they led it `to`.
//!
//! A history is asked through [`History`], lazily: it knows commits by number, parents first, and compares trees. The
//! algorithm over it is here and pure, so that casting a vote, the hooks and the gate see one and the same change.
//!
//! Costs: for a task, once, what its commits changed; for a path, the commits of the task that changed it. The graph
//! is walked once for each set of commits, not for each path, and never below the oldest of them.

mod change;
mod graph;
mod merge;

pub(crate) use change::Span;
pub use change::{Change, Changes};
pub(crate) use graph::{Ancestors, merge_bases};
pub use graph::{between, maximal};

use std::rc::Rc;

use crate::model::{Person, TaskId, TreeEntry};

/// A commit, by its number in a history: a parent has a lower number than its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commit(pub u32);

/// One person, however a name or an address is written: what the mailmap makes of it, compared by address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonKey(Box<str>);

impl PersonKey {
    /// Returns the key of a person as the mailmap knows them.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        Self(person.email.to_lowercase().into())
    }

    /// Returns the address, in lowercase.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A history of commits, as far as it is needed: all that two commits, the base's tip and a head, can reach.
pub trait History {
    /// Why it could not be read.
    type Error;

    /// The parents, the one that it was made on first.
    fn parents(&self, commit: Commit) -> &[Commit];

    /// The commits whose messages name a task, ascending.
    fn commits_of(&self, task: &TaskId) -> Result<Rc<[Commit]>, Self::Error>;

    /// The tasks that a commit's message names.
    fn tasks_of(&self, commit: Commit) -> Result<Rc<[TaskId]>, Self::Error>;

    /// Who wrote a commit and who co-wrote it.
    fn authors_of(&self, commit: Commit) -> Result<Rc<[PersonKey]>, Self::Error>;

    /// The best commits that two have in common; none where their histories never met.
    fn merge_bases(&self, one: Commit, other: Commit) -> Result<Rc<[Commit]>, Self::Error>;

    /// The paths that a commit changed by itself, sorted, records left out: against its parent; of a merge of two,
    /// where it is not their clean merge over each of their bases; of a merge of more, where it is not their clean merge one
    /// after the other.
    fn changed(&self, commit: Commit) -> Result<Rc<[String]>, Self::Error>;

    /// All paths that differ between two commits, sorted, records included; from nothing where there is no old one.
    fn differences(&self, old: Option<Commit>, new: Commit) -> Result<Rc<[String]>, Self::Error>;

    /// What a commit has at a path.
    fn entry(&self, commit: Commit, path: &str) -> Result<TreeEntry, Self::Error>;

    /// The id of the clean merge of two texts over a third, all given by their ids; none where they conflict, are no
    /// text, or are not in this clone.
    fn merge_blobs(&self, base: &str, one: &str, other: &str) -> Result<Option<String>, Self::Error>;

    /// The commits that touched a record, ascending.
    fn commits_touching(&self, record: &str) -> Result<Rc<[Commit]>, Self::Error>;
}
