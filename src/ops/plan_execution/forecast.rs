//! What work of others may get in the way of a plan, before it begins: branches that are not merged and change target files
//! of its tasks, and whether they can be merged at all.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Serialize;

use super::tasks::PlanAt;
use super::worktree::{Git, Merged};
use crate::git::{BranchTip, CommitId};
use crate::model::is_selected;
use crate::ops::{Result, Session};

/// A branch without a commit for so long is not looked at.
const OLD: TimeDelta = TimeDelta::days(90);
/// No more branches are looked at.
const MOST: usize = 200;

/// A branch that changes target files of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OtherWork {
    /// The branch, such as `fix/cart` or `origin/fix/cart`.
    pub branch: String,
    /// Who wrote its last commit.
    pub by: String,
    /// The tasks, each with those of its target files that the branch changes.
    pub tasks: Vec<SharedTarget>,
    /// Files in conflict where it is merged with what the plan begins with; none where it can be merged.
    pub conflicts: Vec<String>,
}

/// A task and those of its target files that a branch changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharedTarget {
    /// The task.
    pub task: String,
    /// The files.
    pub files: Vec<String>,
}

/// Looks at live branches. What cannot be read forecasts nothing: this is for people, and stops no plan.
pub(super) fn forecast(session: &Session<'_>, at: &PlanAt, base: CommitId) -> Vec<OtherWork> {
    let paths = session.workspace().repo_paths();
    let Ok(mut tips) = paths.branch_tips() else { return Vec::new() };
    tips.retain(|tip| {
        let name = tip.name.trim_start_matches("refs/heads/").trim_start_matches("refs/remotes/");
        !["plan/", "plan-tasks/"].iter().any(|own| name.starts_with(own) || name.contains(&format!("/{own}")))
    });
    tips.dedup_by_key(|tip| tip.commit);
    tips.truncate(MOST);
    tips.iter().filter_map(|tip| of_branch(session, at, base, tip).ok().flatten()).collect()
}

fn of_branch(
    session: &Session<'_>,
    at: &PlanAt,
    base: CommitId,
    tip: &BranchTip,
) -> Result<Option<OtherWork>> {
    let repository = session.workspace().repository()?;
    let info = repository.commit_info(tip.commit)?;
    let parted = repository.merge_base(base, tip.commit)?;
    if parted == Some(tip.commit) || session.env().now() - info.committer_time > OLD {
        return Ok(None);
    }
    let changed = repository.changes_between(parted, tip.commit)?;
    let shared = |files: &[String]| -> Vec<String> {
        let paths = changed.iter().map(|change| &change.path);
        paths.filter(|path| is_selected(files, path)).cloned().collect()
    };
    let tasks = at.tasks.iter().map(|task| (task, shared(&task.files)));
    let tasks: Vec<SharedTarget> = tasks
        .filter(|(_, files)| !files.is_empty())
        .map(|(task, files)| SharedTarget { task: task.id.to_string(), files })
        .collect();
    if tasks.is_empty() {
        return Ok(None);
    }
    let merged = match parted == Some(base) {
        true => None,
        false => Some(Git::of(session.workspace(), &at.plan.id).merge(session.env(), base, tip.commit)?),
    };
    let conflicts = match merged {
        Some(Merged::Conflict(files)) => files,
        _ => Vec::new(),
    };
    let name = &tip.name;
    let short = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/remotes/"));
    let branch = short.unwrap_or(name).to_owned();
    Ok(Some(OtherWork { branch, by: info.author.name, tasks, conflicts }))
}
