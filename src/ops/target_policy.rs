//! The policy that moves on a branch go by: that of the branch it will be merged into, as of the gate.
//!
//! A branch that changes the policy is judged by the policy before its change (a pull request cannot loosen the rules it
//! is judged by). Votes and moves on it go by the same, or the gate would refuse what every command has allowed: votes of
//! roles that are only there after the merge, moves past stages that are there until it. What the branch has of its own
//! beside the policy (its project, ids, hooks, reports) is its own from the start.

use super::Result;
use super::gate::short;
use crate::git::{CommitId, Repository};
use crate::model::{Config, Problem, RecordKind, is_selected};
use crate::store::{Snapshot, Workspace};

/// The policy of the branch that another will be merged into.
#[derive(Debug, Clone)]
pub(super) struct TargetPolicy {
    /// The branch that has it, as people name it.
    pub(super) branch: String,
    /// The configuration of before, with the policy of that branch.
    pub(super) config: Config,
}

impl TargetPolicy {
    /// Says that the branch's own policy does not count yet.
    pub(super) fn warning(&self) -> Problem {
        let message =
            format!("changes the policy: until it is merged, moves and votes go by that of {}", self.branch);
        Problem::warning(message).in_file(RecordKind::Config.file())
    }
}

/// Returns the policy that a branch goes by, where that is not its own: where it has changed its own since it left the
/// branch that it will be merged into.
///
/// `snapshot` has the configuration `own`; `branch` is its name without `refs/heads/`, empty for a detached head; `tip` is
/// its last commit.
pub(super) fn target_policy(
    workspace: &Workspace,
    snapshot: &Snapshot,
    own: &Config,
    branch: &str,
    tip: Option<CommitId>,
) -> Result<Option<TargetPolicy>> {
    if workspace.repo_paths().is_target_branch(branch) {
        return Ok(None);
    }
    let repository = workspace.repository()?;
    let Some((target, target_tip)) = target_of(&repository, branch)? else { return Ok(None) };
    let path = RecordKind::Config.file();
    let target_records = workspace.snapshot_of_commit(Some(target_tip))?;
    let (mine, theirs) = (snapshot.read(path)?, target_records.read(path)?);
    let Some(tip) = tip.filter(|_| theirs.is_some() && mine != theirs) else { return Ok(None) };
    // What the target alone has changed comes with the next merge of it.
    let parted = workspace.snapshot_of_commit(repository.merge_base(target_tip, tip)?)?;
    if parted.read(path)? == mine {
        return Ok(None);
    }
    let Ok((config, _)) = target_records.config() else { return Ok(None) };
    // Into some branches others are merged: these have rules of their own, and only the target says which they are.
    if config.format != own.format || is_selected(&anchored(&config.hooks.pre_receive), branch) {
        return Ok(None);
    }
    // The commands of remotes are started by whoever synchronises: a branch brings none of its own.
    let Config { pipeline, stages, types, roles, policy, sync, director, budgets, .. } = config;
    Ok(Some(TargetPolicy {
        branch: target,
        config: Config { pipeline, stages, types, roles, policy, sync, director, budgets, ..own.clone() },
    }))
}

/// Returns the same of the branch that is checked out.
pub(super) fn target_policy_here(
    workspace: &Workspace,
    snapshot: &Snapshot,
    own: &Config,
) -> Result<Option<TargetPolicy>> {
    let paths = workspace.repo_paths();
    let branch = paths.branch()?.unwrap_or_default();
    target_policy(workspace, snapshot, own, &branch, paths.head_commit())
}

/// Returns the branch that others are usually merged into, with its commit; none where there is none.
pub(super) fn policy_base(repository: &Repository) -> Result<Option<(String, CommitId)>> {
    target_of(repository, "")
}

/// Returns the branch that others are usually merged into, with its commit; none where that is the branch itself.
fn target_of(repository: &Repository, branch: &str) -> Result<Option<(String, CommitId)>> {
    let target = repository.target_branch()?.filter(|target| target.branch() != branch);
    Ok(target.map(|target| (short(&target.name).to_owned(), target.tip)))
}

/// Names of branches are globs from the first letter on, not at any depth as those of files.
pub(super) fn anchored(globs: &[String]) -> Vec<String> {
    let anchor = |glob: &String| match glob.strip_prefix('!') {
        Some(glob) => format!("!/{glob}"),
        None => format!("/{glob}"),
    };
    globs.iter().map(anchor).collect()
}
