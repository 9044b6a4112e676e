//! Work of a plan where that was merged into, also as a squash or a rebase leaves it: whether it is there, and whether it was
//! taken back since, there or on the plan's branch. The record says so; the history says by which commit.

use std::collections::BTreeMap;

use super::tasks::PlanTask;
use super::worktree::short;
use crate::engine::{PlanRun, TaskEnd};
use crate::git::{CommitId, Repository};
use crate::model::{RecordKind, RecordPath, Task, TaskId, is_in_tracker};
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
    /// Where the work came there without the commits of the plan's branch: the last commit that has it, with how many follow.
    pub(super) squashed: Option<(usize, CommitId)>,
}

impl Revert {
    /// Says it, after what the task was merged as.
    pub(super) fn message(&self) -> String {
        let by = self.by.map_or_else(String::new, |by| format!(": reverted by {}", by.short()));
        format!("open again on {}{by}", self.on)
    }
}

/// A commit, and what people call it.
pub(super) struct NamedCommit<'p> {
    pub(super) commit: CommitId,
    pub(super) name: &'p str,
}

/// Finds which of the tasks that are merged were taken back on the plan's branch, or at `head`.
pub(super) fn reverts(
    session: &Session<'_>,
    (run, tasks): (&PlanRun, &[PlanTask]),
    tip: CommitId,
    head: Option<&NamedCommit<'_>>,
) -> Result<BTreeMap<String, Revert>> {
    let repository = session.workspace().repository()?;
    let begun = CommitId::parse(&run.base).ok();
    let merged = merged_tasks(run, tasks);
    let mut found = BTreeMap::new();
    let (open, others) = open_of(session, &repository, tip, &merged)?;
    let mut opened = reopened(session, &repository, (tip, begun), &open)?;
    for (task, _) in open {
        let (by, on) = (opened.remove(task).map(|own| own.by), short(&run.branch).to_owned());
        found.insert(task.to_string(), Revert { by, on, is_beside: false, squashed: None });
    }
    let Some(head) = head.filter(|head| head.commit != tip) else { return Ok(found) };
    let (open, _) = open_of(session, &repository, head.commit, &others)?;
    if open.is_empty() {
        return Ok(found);
    }
    let end = begun.map(|begun| repository.merge_base(head.commit, begun)).transpose()?.flatten();
    let mut opened = reopened(session, &repository, (head.commit, end), &open)?;
    // Nothing of the plan is in what the two have in common where they parted before the plan began.
    let parted = repository.merge_base(tip, head.commit)?.filter(|parted| Some(*parted) != end);
    for (task, merged) in open {
        let was_merged = match parted {
            Some(parted) => repository.merge_base(merged, parted)? == Some(merged),
            None => false,
        };
        let own = opened.remove(task);
        let squashed = match &own {
            Some(own) if !was_merged && has_work(session, merged, &own.task)? => {
                Some((own.steps, own.before))
            }
            _ => None,
        };
        if was_merged || squashed.is_some() {
            let (by, on) = (own.map(|own| own.by), head.name.to_owned());
            found.insert(task.to_string(), Revert { by, on, is_beside: true, squashed });
        }
    }
    Ok(found)
}

/// Whether a commit that does not come after the plan's branch has all that this has: the last move of each task, and
/// nothing but records came after the last of them.
pub(super) fn has_landed(
    session: &Session<'_>,
    (run, tasks): (&PlanRun, &[PlanTask]),
    tip: CommitId,
    head: CommitId,
) -> Result<bool> {
    let merged = merged_tasks(run, tasks);
    let last = run.tip.as_deref().and_then(|last| CommitId::parse(last).ok());
    let Some(last) = last.filter(|_| !merged.is_empty()) else { return Ok(false) };
    let at_head = session.workspace().snapshot_of_commit(Some(head))?;
    for (task, commit) in merged {
        let there = at_head.readable_task(task)?.filter(|task| task.summary().is_closed());
        match there {
            Some(there) if has_work(session, commit, &there)? => {}
            _ => return Ok(false),
        }
    }
    let later = session.workspace().repository()?.changes_between(Some(last), tip)?;
    Ok(later.iter().all(|change| is_in_tracker(&change.path)))
}

/// Tasks, each with the commit that has merged it.
type MergedTasks<'t> = Vec<(&'t TaskId, CommitId)>;

/// Returns the tasks that are merged.
fn merged_tasks<'t>(run: &PlanRun, tasks: &'t [PlanTask]) -> MergedTasks<'t> {
    let commit = |task: &'t PlanTask| match run.end_of(task.id.as_str()) {
        Some(TaskEnd::Integrated { commit, .. }) => Some((&task.id, CommitId::parse(commit).ok()?)),
        _ => None,
    };
    tasks.iter().filter_map(commit).collect()
}

/// Whether a record has the last move that the one of a commit has: the work of that commit came with it.
fn has_work(session: &Session<'_>, merged: CommitId, there: &Task) -> Result<bool> {
    let snapshot = session.workspace().snapshot_of_commit(Some(merged))?;
    let last = snapshot.readable_task(&there.id)?.and_then(|task| task.history.last().cloned());
    Ok(last.is_some_and(|last| there.history.contains(&last)))
}

/// Parts merged tasks by whether they are open at a commit; in the commit that has merged one, it is not.
fn open_of<'t>(
    session: &Session<'_>,
    repository: &Repository,
    commit: CommitId,
    merged: &[(&'t TaskId, CommitId)],
) -> Result<(MergedTasks<'t>, MergedTasks<'t>)> {
    let snapshot = session.workspace().snapshot_of_commit(Some(commit))?;
    let (mut open, mut others) = (Vec::new(), Vec::new());
    for (task, merged) in merged {
        match is_open(repository, &snapshot, (commit, *merged), task)? {
            true => open.push((*task, *merged)),
            false => others.push((*task, *merged)),
        }
    }
    Ok((open, others))
}

/// Whether the record of a task is open in a snapshot of a commit.
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

/// Where a task was opened again.
struct Reopened {
    by: CommitId,
    /// The commit before that, in which it is closed.
    before: CommitId,
    /// As it is there.
    task: Task,
    /// How many commits follow that one.
    steps: usize,
}

/// Finds the commits in which tasks were opened again that are open at one, from there back along first parents to another.
fn reopened<'t>(
    session: &Session<'_>,
    repository: &Repository,
    (from, end): (CommitId, Option<CommitId>),
    tasks: &[(&'t TaskId, CommitId)],
) -> Result<BTreeMap<&'t TaskId, Reopened>> {
    /// They are looked for no further back.
    const MOST: usize = 2_000;
    let records = |commit| repository.tree_id(commit, RecordKind::Task.folder());
    let mut found = BTreeMap::new();
    let mut missing: Vec<&TaskId> = tasks.iter().map(|(task, _)| *task).collect();
    let (mut at, mut tree) = (from, records(from)?);
    for steps in 1..=MOST {
        if missing.is_empty() || Some(at) == end {
            break;
        }
        let Some(before) = repository.commit_info(at)?.parents.first().copied() else { break };
        let tree_before = records(before)?;
        if tree_before != tree {
            let [now, then] = [at, before].map(|commit| session.workspace().snapshot_of_commit(Some(commit)));
            let (now, then) = (now?, then?);
            let mut rest = Vec::with_capacity(missing.len());
            for id in missing {
                let path = RecordPath::task_file(id);
                let is_changed = now.tree_file(&path)?.map(|file| file.blob_id)
                    != then.tree_file(&path)?.map(|file| file.blob_id);
                let task = if is_changed { then.readable_task(id)? } else { None };
                match task.filter(|task| task.summary().is_closed()) {
                    Some(task) => {
                        found.insert(id, Reopened { by: at, before, task, steps });
                    }
                    None => rest.push(id),
                }
            }
            missing = rest;
        }
        (at, tree) = (before, tree_before);
    }
    Ok(found)
}
