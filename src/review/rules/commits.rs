//! `linked-commits`: commits belong to tasks, and to tasks that are there.

use super::super::facts::{CommitFacts, RangeFacts};
use super::super::passes::Judged;
use super::{About, Violations};
use crate::model::{GateRule, Task, is_daily_record};

const RULE: GateRule = GateRule::LinkedCommits;

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for commit in &facts.commits {
        of_commit(commit, tasks, book);
    }
}

fn of_commit(commit: &CommitFacts, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    let (short, subject) = (commit.short(), &commit.subject);
    let about = || About { commit: Some(&commit.id), ..About::default() };
    for id in &commit.unknown {
        let suggestion = Some("git rebase -i, and name a task that is there".to_owned());
        book.add(
            RULE,
            format!("{short} \"{subject}\" names {id}, which is no task"),
            About { suggestion, ..about() },
        );
    }
    // A merge without changes of its own, and the bookkeeping of the tracker, belong to nobody's task.
    let does_work = commit.paths.iter().any(|path| !is_daily_record(path));
    if !does_work {
        return;
    }
    if commit.links.is_empty() {
        let suggestion = Some("git rebase -i, and add a line: Task: ID".to_owned());
        let what = if commit.parents > 1 { "is a merge with changes of its own and" } else { "" };
        let message = format!("{short} \"{subject}\" {what} belongs to no task").replace("  ", " ");
        book.add(RULE, message, About { suggestion, ..about() });
        return;
    }
    let was_closed = |task: &Task| task.cancelled.is_some() || task.stage.is_complete();
    let is_closed = |judged: &&Judged<'_>| {
        judged.facts.before.as_ref().is_some_and(was_closed)
            && judged.facts.after.as_ref().is_some_and(was_closed)
    };
    let own: Vec<&Judged<'_>> = tasks.iter().filter(|task| commit.links.contains(&task.facts.id)).collect();
    if !own.is_empty() && own.iter().all(is_closed) {
        let ids: Vec<String> = own.iter().map(|task| task.facts.id.to_string()).collect();
        let suggestion = Some(format!("tracker reopen {}, or name another task", ids.join(" ")));
        let message =
            format!("{short} \"{subject}\" belongs to {}, closed before this range", ids.join(", "));
        book.add(
            RULE,
            message,
            About { suggestion, task: own.first().map(|task| &task.facts.id), ..about() },
        );
    }
}
