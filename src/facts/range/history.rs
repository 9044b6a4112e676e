//! The history that both ends of a range reach: which commits are of the range, and where the two parted.

use std::collections::HashSet;
use std::rc::Rc;

use super::{RangeEnds, Result};
use crate::facts::reach::Reach;
use crate::git::{CommitId, CommitInfo, Error as GitError, People, Repository};
use crate::policy::history::{Commit, History, between};
use crate::store::Error;

/// A range in the graph of commits.
pub(super) struct RangeHistory<'a> {
    pub(super) reach: Reach<'a>,
    /// The base's tip; a commit that has nothing where there is no base.
    pub(super) tip: Commit,
    /// The last commit of the range; what is staged on top of it where that is the head.
    pub(super) head: Commit,
    /// Where the two parted, by id. There are several where each had merged an older state of the other.
    bases: Vec<CommitId>,
}

impl<'a> RangeHistory<'a> {
    pub(super) fn read(repository: &'a Repository, people: Rc<People>, ends: &RangeEnds) -> Result<Self> {
        let tip_id = ends.base.as_ref().map(|(_, id)| *id);
        let tips: Vec<CommitId> = tip_id.into_iter().chain([ends.head_commit]).collect();
        let mut reach = Reach::from(repository, people, &tips)?;
        let head = place(&reach, ends.head_commit)?;
        let tip = match tip_id {
            Some(id) => place(&reach, id)?,
            None => reach.nothing(),
        };
        let bases = reach.merge_bases(tip, head)?;
        let bases = bases.iter().map(|base| reach.id(*base)).collect();
        Ok(Self { reach, tip, head, bases })
    }

    /// Returns where the two parted: what the base has beyond that is not of the range.
    pub(super) fn merge_base(&self) -> Option<CommitId> {
        self.bases.first().copied()
    }

    /// Returns the other commits at which they parted.
    pub(super) fn other_bases(&self) -> &[CommitId] {
        self.bases.get(1..).unwrap_or_default()
    }

    /// Returns the first of the best commits that two commits have in common.
    pub(super) fn base_of(&self, one: CommitId, other: CommitId) -> Result<Option<CommitId>> {
        let bases = self.reach.merge_bases(place(&self.reach, one)?, place(&self.reach, other)?)?;
        Ok(bases.first().map(|base| self.reach.id(*base)))
    }

    /// Reads the commits of the range, each after its parents.
    pub(super) fn commits(&self, repository: &Repository, head: CommitId) -> Result<Vec<CommitInfo>> {
        let own: HashSet<CommitId> =
            between(&self.reach, &[self.tip], self.head).into_iter().map(|own| self.reach.id(own)).collect();
        Ok(repository.commits_within(own, head)?)
    }
}

/// Returns a commit's number.
///
/// # Errors
/// Where neither end reaches it.
fn place(reach: &Reach<'_>, id: CommitId) -> Result<Commit> {
    let missing = || GitError::MissingObject { id: id.to_string(), shallow: false };
    reach.commit(id).ok_or_else(|| Error::Git(missing()))
}
