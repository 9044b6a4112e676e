//! What work of others may get in the way of a plan, before it begins: tasks of it that somebody has started, and branches that
//! are not merged and change target files of its tasks, and whether they can be merged at all.

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Serialize;

use super::tasks::PlanAt;
use super::worktree::{Git, Merged, plan_folder};
use crate::git::{BranchTip, CommitId};
use crate::model::{Stage, is_same_name, is_selected};
use crate::ops::in_flight::{FlightView, in_flight_of};
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

/// A task of a plan that somebody works on elsewhere, or has started here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskInFlight {
    /// The task.
    pub task: String,
    /// The stage that it is in there.
    pub stage: Stage,
    /// Who works on it.
    pub by: String,
    /// The branch; none where that is what the plan begins with, or a working tree on no branch.
    pub branch: Option<String>,
    /// The folder of the working tree that has it.
    pub folder: Option<String>,
}

/// Finds the tasks that somebody works on, of those that the plan has not begun with. What cannot be read is not in flight:
/// this is for people, and stops no plan.
pub(super) fn in_flight(
    session: &Session<'_>,
    at: &PlanAt,
    base: CommitId,
    has_begun: impl Fn(&str) -> bool,
) -> Vec<TaskInFlight> {
    let Ok(snapshot) = session.workspace().snapshot_of_commit(Some(base)) else { return Vec::new() };
    let all = in_flight_of(session);
    let me = session.actor().unwrap_or_default();
    let own_folder = plan_folder(session.workspace(), &at.plan.id).display().to_string();
    let mut found = Vec::new();
    for task in at.tasks.iter().filter(|task| !has_begun(task.id.as_str())) {
        let Ok(Some(record)) = snapshot.readable_task(&task.id) else { continue };
        if record.summary().is_closed() {
            continue;
        }
        let mover = record.history.last().map(|last| last.by.clone());
        if let Some(by) = record.assignee.clone().or(mover)
            && !record.stage.is_none()
            && !is_same_name(&by, &me)
        {
            let (task, stage) = (task.id.to_string(), record.stage.clone());
            found.push(TaskInFlight { task, stage, by, branch: None, folder: None });
        }
        for flight in all.of(task.id.as_str(), record.since()) {
            let FlightView { stage, branch, folder, by, .. } = FlightView::from(flight);
            let is_own = branch.as_deref().is_some_and(is_of_plans)
                || folder.as_ref().is_some_and(|folder| folder.starts_with(&own_folder));
            if !is_own {
                found.push(TaskInFlight { task: task.id.to_string(), stage, by, branch, folder });
            }
        }
    }
    found
}

/// Whether a branch, as people name it, is one that plans make, here or on a remote.
fn is_of_plans(name: &str) -> bool {
    ["plan/", "plan-tasks/"].iter().any(|own| name.starts_with(own) || name.contains(&format!("/{own}")))
}

/// Looks at live branches. What cannot be read forecasts nothing: this is for people, and stops no plan.
pub(super) fn forecast(session: &Session<'_>, at: &PlanAt, base: CommitId) -> Vec<OtherWork> {
    let paths = session.workspace().repo_paths();
    let Ok(mut tips) = paths.branch_tips() else { return Vec::new() };
    tips.retain(|tip| {
        !is_of_plans(tip.name.trim_start_matches("refs/heads/").trim_start_matches("refs/remotes/"))
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
