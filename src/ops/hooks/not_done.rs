//! What commits requested and no hook has done: hooks were missing, were killed, or skipped the commit.

use std::collections::HashMap;

use crate::git::CommitInfo;
use crate::model::{Move, Problem, RecordPath, Task, TaskId};
use crate::ops::session::parse;
use crate::ops::{Result, Session};
use crate::policy::{Action, Comments, parse_message};
use crate::store::Snapshot;

/// Commits of the current branch that `doctor` looks at.
const MOST_COMMITS: usize = 50;

/// Directives that are compared with the records before and after their commits: of more the first are enough.
const MOST_COMPARED: usize = 100;

/// Returns what the last commits of the current branch requested and its records do not show.
pub(in crate::ops) fn not_done_lately(session: &Session<'_>) -> Result<Vec<Problem>> {
    let repository = session.workspace().repository()?;
    let Some(tip) = repository.head()?.commit else { return Ok(Vec::new()) };
    let (mut commits, mut next) = (Vec::new(), Some(tip));
    while let Some(id) = next.filter(|_| commits.len() < MOST_COMMITS) {
        // A shallow clone has no more history.
        let Ok(commit) = repository.commit_info(id) else { break };
        next = commit.parents.first().copied();
        commits.push(commit);
    }
    not_done(session, &session.workspace().snapshot_of_commit(Some(tip))?, commits.iter())
}

/// Returns what commits requested and the records at their tip do not show.
pub(in crate::ops) fn not_done<'c>(
    session: &Session<'_>,
    now: &Snapshot,
    commits: impl Iterator<Item = &'c CommitInfo>,
) -> Result<Vec<Problem>> {
    let (mut problems, mut compared) = (Vec::new(), 0);
    let mut tasks: HashMap<TaskId, Option<Task>> = HashMap::new();
    for commit in commits {
        let mut directives = parse_message(&commit.message, Comments::None).directives;
        directives.retain(|directive| {
            let id = &directive.task;
            let task = tasks.entry(id.clone()).or_insert_with(|| task_in(now, id));
            directive.action != Action::Link
                && task.as_ref().is_some_and(|task| !is_recorded(&directive.action, commit, task))
        });
        let Some(parent) = commit.parents.first().copied().filter(|_| !directives.is_empty()) else {
            continue;
        };
        compared += directives.len();
        if compared > MOST_COMPARED {
            break;
        }
        let Ok(before) = session.workspace().snapshot_of_commit(Some(parent)) else { continue };
        let own = session.workspace().snapshot_of_commit(Some(commit.id))?;
        for directive in &directives {
            let [before, own] = [&before, &own].map(|snapshot| task_in(snapshot, &directive.task));
            let (Some(own), Some(Some(now))) = (own, tasks.get(&directive.task)) else { continue };
            if is_done(&directive.action, before.as_ref(), &own, now) {
                continue;
            }
            let (short, word, task) = (commit.id.short(), directive.action.word(), &directive.task);
            let message = format!("commit {short} says `{word}: {task}`, and that was not done");
            let problem = Problem::warning(message).in_file(RecordPath::task_file(task));
            problems.push(problem.with_hint(format!("tracker apply {}..", parent.short())));
        }
    }
    Ok(problems)
}

/// Whether the task's history tells that the commit moved it: a move of a commit bears its author's name and time.
fn is_recorded(action: &Action, commit: &CommitInfo, task: &Task) -> bool {
    let is_its =
        |step: &Move| step.by == commit.author.name && step.at.timestamp() == commit.author_time.timestamp();
    matches!(action, Action::Advance | Action::Fail(_)) && task.history.iter().any(is_its)
}

fn task_in(snapshot: &Snapshot, id: &TaskId) -> Option<Task> {
    parse(&snapshot.task_file(id).ok()??).ok()
}

/// Whether the records show what was requested, or have gone on since in a way that no longer tells.
fn is_done(action: &Action, before: Option<&Task>, own: &Task, now: &Task) -> bool {
    let moves = |task: Option<&Task>| task.map_or(0, |task| task.history.len());
    let had_moves = moves(before);
    match action {
        Action::Link => true,
        // A task that was closed since by whatever way needs no move of an older commit.
        Action::Advance | Action::Fail(_) => {
            moves(Some(own)) > had_moves || moves(Some(now)) > had_moves || now.cancelled.is_some()
        }
        Action::Block(_) => {
            [own, now].iter().any(|task| task.blocked.is_some()) || moves(Some(now)) > had_moves
        }
        Action::Unblock => [own, now].iter().any(|task| task.blocked.is_none()),
        Action::Time(_) => {
            let spent = before.and_then(|task| task.spent);
            own.spent != spent || now.spent != spent
        }
    }
}
