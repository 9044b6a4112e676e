//! Both ends of a range, and where they parted.

use crate::git::{CommitId, Repository};
use crate::ops::{Error, Result, Session};
use crate::store::Snapshot;

use super::GateRequest;

/// Branches that a range is merged into where nobody says which: the first that is there.
const USUAL: [&str; 5] = [
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
];

/// Both ends of a range.
pub(super) struct Ends {
    /// What it is to be merged into, by name; none where it has no base at all.
    pub(super) base: Option<(String, CommitId)>,
    /// What is to be merged, by name.
    pub(super) head: String,
    pub(super) head_commit: CommitId,
    /// Where the two parted: what the base has beyond that is not of this range.
    pub(super) merge_base: Option<CommitId>,
    /// More commits at which they parted, where each had merged an older state of the other.
    pub(super) other_bases: Vec<CommitId>,
    /// Whether what is staged on top of the head is the head.
    pub(super) is_staged: bool,
}

impl Ends {
    pub(super) fn of(repository: &Repository, request: &GateRequest) -> Result<Self> {
        let named = request.head.clone();
        let head = named.clone().unwrap_or_else(|| "HEAD".to_owned());
        let head_commit = repository.resolve_head(&head)?;
        let base = match &request.base {
            Some(name) if is_nothing(name) => None,
            Some(name) => Some((short(name).to_owned(), repository.resolve_base(name)?)),
            None if request.is_staged => Some((head.clone(), head_commit)),
            None => Some(usual_base(repository, &head, head_commit)?),
        };
        let mut other_bases = match &base {
            Some((_, id)) => repository.merge_bases(*id, head_commit)?,
            None => Vec::new(),
        };
        let merge_base = if other_bases.is_empty() { None } else { Some(other_bases.remove(0)) };
        let head = match (request.is_staged, named) {
            (true, _) => "index".to_owned(),
            (false, Some(name)) => short(&name).to_owned(),
            (false, None) => repository.branch()?.unwrap_or(head),
        };
        Ok(Self { base, head, head_commit, merge_base, other_bases, is_staged: request.is_staged })
    }

    /// Returns the records at the head.
    pub(super) fn head_snapshot(&self, session: &Session<'_>) -> Result<Snapshot> {
        let workspace = session.workspace();
        if self.is_staged {
            return Ok(workspace.snapshot_of_index(session.env())?);
        }
        Ok(workspace.snapshot_of_commit(Some(self.head_commit))?)
    }
}

/// Returns a branch's name as people say it.
fn short(name: &str) -> &str {
    let rest = name.strip_prefix("refs/remotes/").or_else(|| name.strip_prefix("refs/heads/"));
    rest.unwrap_or(name)
}

/// The zeros that servers give for a branch that is new.
fn is_nothing(name: &str) -> bool {
    name.len() >= 40 && name.bytes().all(|digit| digit == b'0')
}

fn usual_base(repository: &Repository, head: &str, head_commit: CommitId) -> Result<(String, CommitId)> {
    let is_itself = |name: &str| name == head || repository.branch().ok().flatten().as_deref() == Some(name);
    for name in USUAL {
        if let Ok(id) = repository.resolve_base(name)
            && (!is_itself(short(name)) || id != head_commit)
        {
            return Ok((short(name).to_owned(), id));
        }
    }
    let hint = "name what it is to be merged into: --base main, or main..HEAD";
    Err(Error::usage_with("there is no branch to compare with", hint))
}
