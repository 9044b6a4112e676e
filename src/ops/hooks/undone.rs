//! What commits asked for and no hook has done: hooks were not there, were killed, or stood aside.

use crate::git::{CommitId, CommitInfo, Repository};
use crate::model::{Problem, RecordPath, Task, TaskId};
use crate::ops::session::parse;
use crate::ops::{Result, Session};
use crate::policy::{Action, Comments, parse_message};
use crate::store::Snapshot;

/// Commits of the current branch that `doctor` looks at.
const MOST_COMMITS: usize = 50;

/// Returns what the commits of a range asked for and the tip's records do not show.
pub(in crate::ops) fn undone_in(
    session: &Session<'_>,
    repository: &Repository,
    (base, tip): (Option<CommitId>, CommitId),
) -> Result<Vec<Problem>> {
    undone(session, tip, &repository.commits_between(base, tip)?)
}

/// Returns what the last commits of the current branch asked for and its records do not show.
pub(in crate::ops) fn undone_lately(session: &Session<'_>) -> Result<Vec<Problem>> {
    let repository = session.workspace().repository()?;
    let Some(tip) = repository.head()?.commit else { return Ok(Vec::new()) };
    let (mut commits, mut next) = (Vec::new(), Some(tip));
    while let Some(id) = next.filter(|_| commits.len() < MOST_COMMITS) {
        // Where a shallow clone ends there is no more to be told.
        let Ok(commit) = repository.commit_info(id) else { break };
        next = commit.parents.first().copied();
        commits.push(commit);
    }
    undone(session, tip, &commits)
}

fn undone(session: &Session<'_>, tip: CommitId, commits: &[CommitInfo]) -> Result<Vec<Problem>> {
    let now = session.workspace().snapshot_of_commit(Some(tip))?;
    let mut problems = Vec::new();
    for commit in commits {
        let directives = parse_message(&commit.message, Comments::None).directives;
        let mut asks = directives.iter().filter(|directive| directive.action != Action::Link).peekable();
        let Some(parent) = commit.parents.first().copied().filter(|_| asks.peek().is_some()) else {
            continue;
        };
        let Ok(before) = session.workspace().snapshot_of_commit(Some(parent)) else { continue };
        let own = session.workspace().snapshot_of_commit(Some(commit.id))?;
        for directive in asks {
            let versions = [&before, &own, &now].map(|snapshot| task_in(snapshot, &directive.task));
            let [before, Some(own), Some(now)] = versions else { continue };
            if is_done(&directive.action, before.as_ref(), &own, &now) {
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

fn task_in(snapshot: &Snapshot, id: &TaskId) -> Option<Task> {
    parse(&snapshot.task_file(id).ok()??).ok()
}

/// Whether the records show what was asked for, or have gone on since in a way that no longer tells.
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
