//! `conflicts`: which live branches cannot be merged with each other, in which files, and whose these are; and which of
//! several branches breaks a train, where each is merged after the other.

mod owners;
mod store;
mod touching;
mod train;

use chrono::TimeDelta;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use self::owners::Owners;
use self::store::ObjectStore;
pub(crate) use self::touching::*;
pub(crate) use self::train::*;
use super::gate::short;
use super::target_policy::anchored;
use super::{Error, Result, Session};
use crate::facts::{BranchPairs, PairMerge};
use crate::git::{BranchTip, CommitId, Repository};
use crate::model::{RecordPath, is_selected};

/// A branch without a commit for so long is not looked at.
const OLD: TimeDelta = TimeDelta::days(90);

/// Which branches are compared.
#[derive(Debug, Clone, Default)]
pub struct ConflictsRequest {
    /// Globs of branches, as people name them; by default all that are alive, and the one that they are merged into.
    pub branches: Vec<String>,
}

/// The branches that cannot be merged with each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BranchConflicts {
    /// The branches that were compared.
    pub branches: Vec<String>,
    /// How many pairs of them there are.
    pub compared: usize,
    /// Branches that have had no commit for 90 days, and were not compared.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub old_branches: usize,
    /// The pairs in conflict.
    pub pairs: Vec<ConflictingPair>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Two branches that cannot be merged with each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConflictingPair {
    /// The two branches.
    pub branches: [BranchSide; 2],
    /// The files in conflict, by path.
    pub files: Vec<ConflictingFile>,
}

/// A branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BranchSide {
    /// Such as `fix/cart` or `origin/fix/cart`.
    pub branch: String,
    /// Who wrote its last commit.
    pub by: String,
}

/// A file in conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConflictingFile {
    /// The file.
    pub path: String,
    /// The task, where it is a record of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Whose it is on each of the two branches.
    pub owners: [Owner; 2],
}

/// Whom to ask about a file of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Owner {
    /// Their name.
    pub name: String,
    /// What makes them that.
    pub because: Ownership,
}

/// What makes somebody the owner of a file on a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// They have claimed the task.
    Claim,
    /// The task is assigned to them.
    Assignee,
    /// They changed it last.
    Author,
}

/// A live branch.
#[derive(Debug, Clone)]
pub(super) struct LiveBranch {
    pub(super) name: String,
    pub(super) commit: CommitId,
    pub(super) by: String,
}

/// Compares every pair of live branches.
pub fn conflicts(session: &Session<'_>, request: &ConflictsRequest) -> Result<BranchConflicts> {
    let repository = session.workspace().repository()?;
    repository.refuse_shallow()?;
    let (branches, old_branches) = live(session, &repository, &request.branches)?;
    let pairs: Vec<(usize, usize)> = (0..branches.len())
        .flat_map(|one| (one + 1..branches.len()).map(move |other| (one, other)))
        .collect();
    let compared = pairs.len();
    let found = merged(&repository, &branches, &pairs)?;
    let (mut store, mut owners) = (None, Owners::new(session, &repository));
    let mut conflicting = Vec::new();
    for ((one, other), bases, merge) in found {
        let (one, other) = (&branches[one], &branches[other]);
        let files = match merge {
            PairMerge::Conflict(files) => files,
            PairMerge::AskGit => {
                let store = match &mut store {
                    Some(store) => store,
                    empty => empty.insert(ObjectStore::scratch(session)?),
                };
                store.conflicts(one, other)?
            }
            PairMerge::Nothing | PairMerge::Clean => continue,
        };
        if files.is_empty() {
            continue;
        }
        let base = bases.first().copied();
        let mut shown = Vec::with_capacity(files.len());
        for path in files {
            let owners = [owners.of(one, base, &path)?, owners.of(other, base, &path)?];
            let task = RecordPath::parse(&path).and_then(|record| record.task().map(ToString::to_string));
            shown.push(ConflictingFile { path, task, owners });
        }
        let side = |branch: &LiveBranch| BranchSide { branch: branch.name.clone(), by: branch.by.clone() };
        conflicting.push(ConflictingPair { branches: [side(one), side(other)], files: shown });
    }
    let branches = branches.into_iter().map(|branch| branch.name).collect();
    Ok(BranchConflicts { branches, compared, old_branches, pairs: conflicting })
}

/// A pair of branches, where they parted, and what they make of each other.
type MergedPair = ((usize, usize), Vec<CommitId>, PairMerge);

/// Merges pairs, on several threads.
fn merged(
    repository: &Repository,
    branches: &[LiveBranch],
    pairs: &[(usize, usize)],
) -> Result<Vec<MergedPair>> {
    /// Number of pairs from which another thread pays.
    const WORTH_A_THREAD: usize = 64;
    let merge = |view: &Repository, pairs: &[(usize, usize)]| -> Result<Vec<MergedPair>> {
        let mut reader = BranchPairs::new(view, pairs.len());
        let mut found = Vec::with_capacity(pairs.len());
        for &(one, other) in pairs {
            let commits = [one, other].map(|at| branches[at].commit);
            let bases = view.merge_bases(commits[0], commits[1])?;
            let merge = reader.merge(&bases, commits[0], commits[1])?;
            found.push(((one, other), bases, merge));
        }
        Ok(found)
    };
    if pairs.len() < 2 * WORTH_A_THREAD {
        return merge(repository, pairs);
    }
    let shared = repository.shared();
    let chunk = pairs.len().div_ceil(rayon::current_num_threads()).max(WORTH_A_THREAD);
    let chunks: Vec<Result<Vec<MergedPair>>> =
        pairs.par_chunks(chunk).map(|pairs| merge(&shared.open(), pairs)).collect();
    let mut found = Vec::with_capacity(pairs.len());
    for chunk in chunks {
        found.extend(chunk?);
    }
    Ok(found)
}

/// Returns the live branches, each commit once, and how many are too old to be looked at.
fn live(
    session: &Session<'_>,
    repository: &Repository,
    globs: &[String],
) -> Result<(Vec<LiveBranch>, usize)> {
    let globs = anchored(globs);
    for glob in &globs {
        crate::model::check_glob(glob).map_err(|error| {
            Error::usage_with(format!("invalid glob `{}`: {error}", glob.escape_debug()), "such as `fix/*`")
        })?;
    }
    let target = repository.target_branch()?.map(|target| target.tip);
    let mut seen = std::collections::HashSet::new();
    let (mut found, mut old) = (Vec::new(), 0);
    for BranchTip { name, commit } in session.workspace().repo_paths().branch_tips()? {
        let shown = short(&name).to_owned();
        let is_selected_here = globs.is_empty() || is_selected(&globs, &shown);
        if !is_selected_here || name.ends_with("/HEAD") || !seen.insert(commit) {
            continue;
        }
        let is_target = target == Some(commit);
        if let Some(target) = target.filter(|_| !is_target)
            && repository.merge_bases(target, commit)?.contains(&commit)
        {
            continue;
        }
        let info = repository.commit_info(commit)?;
        if !is_target && globs.is_empty() && session.env().now() - info.committer_time > OLD {
            old += 1;
            continue;
        }
        found.push(LiveBranch { name: shown, commit, by: info.author.name });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    if found.is_empty() && !globs.is_empty() {
        let message = "no live branch has such a name";
        return Err(Error::usage_with(message, "git branch --all --no-merged"));
    }
    Ok((found, old))
}

/// Returns the live branches that have something which the one that work is merged into does not have.
pub(in crate::ops) fn live_branches(
    session: &Session<'_>,
    repository: &Repository,
) -> Result<Vec<(String, CommitId)>> {
    let target = repository.target_branch()?.map(|target| target.tip);
    let (found, _) = live(session, repository, &[])?;
    let found = found.into_iter().filter(|branch| Some(branch.commit) != target);
    Ok(found.map(|branch| (branch.name, branch.commit)).collect())
}
