//! What commits requested and no hook has done: hooks were missing, were killed, or skipped the commit.

use std::collections::HashMap;

use super::plan::leaves_a_stage;
use super::times::missing_times;
use crate::git::{CommitId, CommitInfo, LogLimit};
use crate::model::{Move, Problem, RecordPath, Task, TaskId};
use crate::ops::{Result, Session};
use crate::policy::{Action, Comments, parse_message};
use crate::store::Snapshot;

/// Commits that `doctor` looks at: the newest of HEAD's history.
const MOST_COMMITS: usize = 1_000;

/// Directives that are compared with the records before and after their commits: of more the first are enough.
const MOST_COMPARED: usize = 2_000;

/// Returns what the newest commits of HEAD's history requested and neither its records nor the working tree's show.
pub(in crate::ops) fn not_done_lately(session: &Session<'_>) -> Result<Vec<Problem>> {
    let repository = session.workspace().repository()?;
    let Some(tip) = repository.head()?.commit else { return Ok(Vec::new()) };
    let limit = LogLimit { found: MOST_COMMITS, visited: MOST_COMMITS };
    let log = repository.log_touching(tip, &[], limit)?;
    not_done(session, &session.workspace().snapshot(), tip, log.commits.iter().rev())
}

/// Returns what commits, each after its parents, requested and the records of the tip, or later ones, do not show.
pub(in crate::ops) fn not_done<'c>(
    session: &Session<'_>,
    now: &Snapshot,
    tip: CommitId,
    commits: impl Iterator<Item = &'c CommitInfo>,
) -> Result<Vec<Problem>> {
    let commits: Vec<&CommitInfo> = commits.collect();
    let mut records = Records { session, now, tasks: HashMap::new() };
    let mut found = records.actions_not_done(&commits)?;
    let repository = session.workspace().repository()?;
    for missing in missing_times(&repository, commits.iter().copied(), tip, now)? {
        found.push((missing.commit_id, missing.task, "Time".to_owned()));
    }
    let at: HashMap<CommitId, usize> =
        commits.iter().enumerate().map(|(at, commit)| (commit.id, at)).collect();
    found.sort_by_key(|(commit, ..)| at.get(commit).copied());
    let problem = |(commit, task, word): &(CommitId, TaskId, String)| {
        let message = format!("commit {} says `{word}: {task}`, and that was not done", commit.short());
        let problem = Problem::warning(message).in_file(RecordPath::task_file(task));
        let parent = commits.get(*at.get(commit)?)?.parents.first()?;
        Some(problem.with_hint(format!("tracker apply {}..", parent.short())))
    };
    Ok(found.iter().filter_map(problem).collect())
}

/// The records that directives are compared with.
struct Records<'a> {
    session: &'a Session<'a>,
    now: &'a Snapshot,
    /// The tasks as they are now.
    tasks: HashMap<TaskId, Option<Task>>,
}

impl Records<'_> {
    /// Returns the directives, but for those of time, that were not carried out: the commit, the task, and the word.
    fn actions_not_done(&mut self, commits: &[&CommitInfo]) -> Result<Vec<(CommitId, TaskId, String)>> {
        let (mut found, mut compared) = (Vec::new(), 0);
        let times: HashMap<CommitId, i64> =
            commits.iter().map(|commit| (commit.id, commit.committer_time.timestamp())).collect();
        for commit in commits {
            let mut directives = parse_message(&commit.message, Comments::None).directives;
            let Some(parent) = commit.parents.first().copied() else { continue };
            // What bears the commit's time can only be older than it where the parent is of that second, too.
            let is_later = times.get(&parent).is_some_and(|time| *time < commit.author_time.timestamp());
            directives.retain(|directive| {
                let is_other = !matches!(directive.action, Action::Link | Action::Time(_) | Action::Cost(_));
                is_other && self.may_be_missing(&directive.task, &directive.action, commit, is_later)
            });
            compared += directives.len();
            if directives.is_empty() || compared > MOST_COMPARED {
                continue;
            }
            let workspace = self.session.workspace();
            let Ok(before) = workspace.snapshot_of_commit(Some(parent)) else { continue };
            let own = workspace.snapshot_of_commit(Some(commit.id))?;
            for directive in &directives {
                let [before, own] = [&before, &own].map(|snapshot| task_in(snapshot, &directive.task));
                let (Some(own), Some(Some(now))) = (own, self.tasks.get(&directive.task)) else { continue };
                if !is_done(&directive.action, before.as_ref(), &own, now) {
                    let line = commit.message.lines().nth(directive.line - 1).unwrap_or_default();
                    let word = line.split_once(':').map_or(directive.action.word(), |(word, _)| word);
                    found.push((commit.id, directive.task.clone(), word.to_owned()));
                }
            }
        }
        Ok(found)
    }

    /// Whether the task is known and its record does not show at once that the commit moved it.
    fn may_be_missing(&mut self, id: &TaskId, action: &Action, commit: &CommitInfo, is_later: bool) -> bool {
        let task = self.tasks.entry(id.clone()).or_insert_with(|| task_in(self.now, id));
        task.as_ref().is_some_and(|task| !(is_later && is_recorded(action, commit, task)))
    }
}

/// Whether the task's history tells that the commit moved it: a move of a commit bears its author's name and time.
fn is_recorded(action: &Action, commit: &CommitInfo, task: &Task) -> bool {
    let is_its =
        |step: &Move| step.by == commit.author.name && step.at.timestamp() == commit.author_time.timestamp();
    matches!(action, Action::Advance | Action::Fail(_))
        && task.history.iter().any(|step| is_its(step) && leaves_a_stage(step))
}

fn task_in(snapshot: &Snapshot, id: &TaskId) -> Option<Task> {
    snapshot.readable_task(id).ok()?
}

/// Whether the records show what was requested, or have gone on since in a way that no longer tells.
fn is_done(action: &Action, before: Option<&Task>, own: &Task, now: &Task) -> bool {
    let had_moves = before.map_or(0, |task| task.history.len());
    // A start is not what was requested, and may be in the same commit.
    let has_left = |task: &Task| task.history.iter().skip(had_moves).any(leaves_a_stage);
    match action {
        Action::Link | Action::Time(_) | Action::Cost(_) => true,
        // A task that was closed since by whatever way needs no move of an older commit.
        Action::Advance | Action::Fail(_) => {
            has_left(own) || has_left(now) || now.cancelled.is_some() || was_set(before, own, now)
        }
        Action::Block(_) => {
            [own, now].iter().any(|task| task.blocked.is_some()) || now.history.len() > had_moves
        }
        Action::Unblock => [own, now].iter().any(|task| task.blocked.is_none()),
    }
}

/// Whether the stage was changed by hand, with no word in the history.
fn was_set(before: Option<&Task>, own: &Task, now: &Task) -> bool {
    before.is_some_and(|before| {
        let has_no_word =
            |task: &Task| task.history.len() == before.history.len() && task.stage != before.stage;
        has_no_word(own) || has_no_word(now)
    })
}
