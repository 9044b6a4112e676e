//! Work of a plan that was merged and taken back since: on the plan's branch, or where that was merged into. The record says
//! so; the history says by which commit.

use std::collections::BTreeMap;

use super::tasks::PlanTask;
use super::worktree::short;
use crate::engine::{PlanRun, TaskEnd};
use crate::git::{CommitId, Repository};
use crate::model::{RecordPath, TaskId};
use crate::ops::{Result, Session};
use crate::store::Snapshot;

/// How a task was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revert {
    /// The commit that has opened it again, where history shows it.
    pub(super) by: Option<CommitId>,
    /// The branch, or `HEAD`.
    pub(super) on: String,
    /// Whether that is beside the plan's branch, which still has the work.
    pub(super) is_beside: bool,
}

impl Revert {
    /// Says it, after what the task was merged as.
    pub(super) fn message(&self) -> String {
        let by = self.by.map_or_else(String::new, |by| format!(": reverted by {}", by.short()));
        format!("open again on {}{by}", self.on)
    }
}

/// A commit, and what people call it.
pub(super) struct Place<'p> {
    pub(super) commit: CommitId,
    pub(super) name: &'p str,
}

/// Finds which of the tasks that are merged were taken back on the plan's branch, or at `head`.
pub(super) fn reverts(
    session: &Session<'_>,
    (run, tasks): (&PlanRun, &[PlanTask]),
    tip: CommitId,
    head: Option<&Place<'_>>,
) -> Result<BTreeMap<String, Revert>> {
    let repository = session.workspace().repository()?;
    let at_tip = session.workspace().snapshot_of_commit(Some(tip))?;
    let head = match head {
        Some(head) if head.commit != tip => {
            let parted = repository.merge_base(tip, head.commit)?;
            let begun = CommitId::parse(&run.base).ok();
            // Nothing of the plan is there where it parted before the plan began.
            let is_before = |parted| {
                Ok::<_, crate::ops::Error>(match begun {
                    Some(begun) => repository.merge_base(parted, begun)? == Some(parted),
                    None => false,
                })
            };
            match parted {
                Some(parted) if !is_before(parted)? => {
                    Some((head, parted, session.workspace().snapshot_of_commit(Some(head.commit))?))
                }
                _ => None,
            }
        }
        _ => None,
    };
    let mut found = BTreeMap::new();
    for task in tasks {
        let Some(TaskEnd::Integrated { commit, .. }) = run.end_of(task.id.as_str()) else { continue };
        let Ok(merged) = CommitId::parse(commit) else { continue };
        if is_open(&repository, &at_tip, (tip, merged), &task.id)? {
            let by = opened_by(session, &repository, tip, &task.id)?;
            let on = short(&run.branch).to_owned();
            found.insert(task.id.to_string(), Revert { by, on, is_beside: false });
        } else if let Some((head, parted, snapshot)) = &head
            && is_open(&repository, snapshot, (head.commit, merged), &task.id)?
            && repository.merge_base(merged, *parted)? == Some(merged)
        {
            let by = opened_by(session, &repository, head.commit, &task.id)?;
            let on = head.name.to_owned();
            found.insert(task.id.to_string(), Revert { by, on, is_beside: true });
        }
    }
    Ok(found)
}

/// Whether the record of a task is open in a snapshot of a commit; in the commit that has merged it, it is not.
fn is_open(
    repository: &Repository,
    snapshot: &Snapshot,
    (commit, merged): (CommitId, CommitId),
    task: &TaskId,
) -> Result<bool> {
    let path = RecordPath::task_file(task);
    let blob =
        |commit| Ok::<_, crate::ops::Error>(repository.tree_file(commit, &path)?.map(|file| file.blob_id));
    if blob(commit)? == blob(merged)? {
        return Ok(false);
    }
    Ok(!snapshot.readable_task(task)?.is_some_and(|task| task.summary().is_closed()))
}

/// Finds the commit in which a task was opened again that is open at a commit, back along first parents.
fn opened_by(
    session: &Session<'_>,
    repository: &Repository,
    from: CommitId,
    task: &TaskId,
) -> Result<Option<CommitId>> {
    /// It is looked for no further back.
    const MOST: usize = 2_000;
    let path = RecordPath::task_file(task);
    let mut at = from;
    let mut blob = repository.tree_file(at, &path)?.map(|file| file.blob_id);
    for _ in 0..MOST {
        let Some(parent) = repository.commit_info(at)?.parents.first().copied() else { break };
        let before = repository.tree_file(parent, &path)?.map(|file| file.blob_id);
        if before != blob {
            let snapshot = session.workspace().snapshot_of_commit(Some(parent))?;
            if snapshot.readable_task(task)?.is_some_and(|task| task.summary().is_closed()) {
                return Ok(Some(at));
            }
        }
        (at, blob) = (parent, before);
    }
    Ok(None)
}
