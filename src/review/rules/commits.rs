//! `linked-commits`: commits belong to tasks, and to tasks that are there.

use super::super::facts::{CommitFacts, RangeFacts};
use super::super::stage_exits::Judged;
use super::{About, Violations};
use crate::model::{GateRule, Suggestion, Task, is_daily_record};
use crate::policy::Fix;

const RULE: GateRule = GateRule::LinkedCommits;

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for (at, commit) in facts.commits.iter().enumerate() {
        let is_last_on = |path: &str| {
            !facts.commits[at + 1..].iter().any(|later| later.paths.iter().any(|own| own == path))
        };
        // What comes to nothing against the base's tip, as after a squash of these commits, lands under no name.
        let coverage = |path: &&str| facts.landing.judgement.files.get(*path);
        let paths = commit.paths.iter().map(String::as_str);
        let landed: Vec<&str> = paths.filter(|path| coverage(path).is_some()).collect();
        let is_last = landed.iter().any(|path| is_last_on(path));
        // What others did to the file afterwards was approved from what this commit made of it.
        let is_approved = |path: &&str| {
            coverage(path).is_some_and(|own| !own.covered_by.is_empty() && own.missing.is_empty())
        };
        let is_before_policy = facts.landing.before_policy.contains(&commit.id);
        let lands = is_last || !landed.iter().all(is_approved);
        let leaves = Leaves { lands, is_last, is_before_policy };
        let is_head = facts.range.head_commit.as_ref() == Some(&commit.id);
        of_commit((commit, is_head), tasks, leaves, book);
    }
}

/// What of a commit's changes is in what will be merged.
#[derive(Clone, Copy)]
struct Leaves {
    /// Whether it changed a file that the merge changes, and its change was not approved with a later one.
    lands: bool,
    /// Whether it is the last to change one of these.
    is_last: bool,
    /// Whether there was no tracker, and so no task to name, before it.
    is_before_policy: bool,
}

fn of_commit(
    (commit, is_head): (&CommitFacts, bool),
    tasks: &[Judged<'_>],
    leaves: Leaves,
    book: &mut Violations<'_>,
) {
    let (short, subject) = (commit.short(), &commit.subject);
    let about = || About { commit: Some(&commit.id), ..About::default() };
    for id in &commit.unknown {
        let fix = Some(Fix::Advice("git rebase -i, and name a task that is there".to_owned()));
        book.add(
            RULE,
            format!("{short} \"{subject}\" names {id}, which is no task"),
            About { fix, ..about() },
        );
    }
    // A merge without changes of its own, and the bookkeeping of the tracker, belong to nobody's task.
    let does_work = commit.paths.iter().any(|path| !is_daily_record(path));
    if !does_work || leaves.is_before_policy {
        return;
    }
    if commit.links.is_empty() {
        let way = match (commit.parents > 1, is_head) {
            (_, true) => "git commit --amend, and add a line: Task: ID",
            // A rebase would leave the merge out.
            (true, false) => "merge again, with a line in the message of the merge: Task: ID",
            (false, false) => "git rebase -i, and add a line: Task: ID",
        };
        let fix = Some(Fix::Advice(way.to_owned()));
        let what = if commit.parents > 1 { "is a merge with changes of its own and" } else { "" };
        let message = format!("{short} \"{subject}\" {what} belongs to no task").replace("  ", " ");
        book.add(RULE, message, About { fix, ..about() });
        return;
    }
    let was_closed = |task: &Task| task.cancelled.is_some() || task.stage.is_complete();
    // One that the range opened again and finished anew has moves of its own, and these are judged.
    let is_closed = |judged: &&Judged<'_>| match (&judged.facts.before, &judged.facts.after) {
        (Some(before), Some(after)) => {
            let is_moved = after.history.iter().any(|step| !before.history.contains(step));
            was_closed(before) && was_closed(after) && !is_moved
        }
        _ => false,
    };
    let closed: Vec<&Judged<'_>> =
        tasks.iter().filter(|task| commit.links.contains(&task.facts.id)).filter(is_closed).collect();
    let is_all = closed.len() == commit.links.iter().filter(|id| !commit.unknown.contains(id)).count();
    // Beside an open task it matters where this commit is the last to change a file: it leaves it in a closed one's name.
    if !closed.is_empty() && leaves.lands && (is_all || leaves.is_last) {
        let ids: Vec<String> = closed.iter().map(|task| task.facts.id.to_string()).collect();
        let reopen = Suggestion::tracker(["reopen".to_owned()].into_iter().chain(ids.iter().cloned()));
        let fix = Some(Fix::Advice(format!("{reopen}, or name another task")));
        let message =
            format!("{short} \"{subject}\" belongs to {}, closed before this range", ids.join(", "));
        let task = closed.first().map(|task| &task.facts.id);
        book.add(RULE, message, About { fix, task, ..about() });
    }
}
