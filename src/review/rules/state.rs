//! `merge-stage`, `wip-limit`, `broken-documents`, `closed-sprints`, `merge-integrity` and `commands`: how things are at the head.

use super::super::facts::{MergedRecord, RangeFacts, SprintDoubt};
use super::super::stage_exits::{Judged, kind_of};
use super::objections::is_revert;
use super::{About, Violations};
use crate::model::{GateRule, Level, Severity, SprintId, Suggestion, is_daily_record};
use crate::policy::{Fix, Route};

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    merge_stage(facts, tasks, book);
    wip_limit(facts, book);
    broken_documents(facts, book);
    closed_sprints(facts, book);
    for record in &facts.merged {
        of_merge(record, book);
    }
    commands(facts, book);
}

fn merge_stage(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    let Some(required) = book.config.policy.gate.merge_stage.clone() else { return };
    for task in tasks {
        // A commit that takes work back does none.
        let does_work = |at: &usize| {
            let commit = &facts.commits[*at];
            commit.paths.iter().any(|path| !is_daily_record(path)) && !is_revert(facts, Some(&commit.id))
        };
        let Some(after) = task.facts.after.as_ref().filter(|after| after.cancelled.is_none()) else {
            continue;
        };
        if !task.facts.commits.iter().any(does_work) {
            continue;
        }
        let route = Route::of(book.config, kind_of(task.facts));
        // A route without that stage has to be gone to its end.
        let needed = route.place(&required).unwrap_or(route.stages().len() + 1);
        if route.place(&after.stage).is_none_or(|here| here < needed) {
            let message = format!("is in {}, and what is merged must have reached {required}", after.stage);
            let fix = Some(Fix::Run(Suggestion::tracker(["signoffs", task.facts.id.as_str()])));
            let (id, file) = (&task.facts.id, task.facts.path.as_str());
            let about = About { task: Some(id), file: Some(file), fix, ..About::default() };
            book.add(GateRule::MergeStage, message, about);
        }
    }
}

fn wip_limit(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    let Some(limit) = book.config.policy.gate.wip_limit else { return };
    for (assignee, tasks) in facts.in_progress.iter().filter(|(_, tasks)| tasks.len() > limit as usize) {
        let names: Vec<&str> = tasks.iter().take(5).map(AsRef::as_ref).collect();
        let more = if tasks.len() > names.len() { ", …" } else { "" };
        let message = format!(
            "{assignee} has {} tasks in progress, {limit} are agreed: {}{more}",
            tasks.len(),
            names.join(", ")
        );
        book.add(GateRule::WipLimit, message, About::default());
    }
}

fn broken_documents(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    for tree in &facts.malformed {
        let folder = if tree.folder.is_empty() { "the top folder" } else { tree.folder.as_str() };
        let message = format!("malformed tree in {folder}: {}; nothing else was judged", tree.fault);
        let fix = Some(Fix::Advice("make the commit again with git; git fsck shows the tree".to_owned()));
        let commit = tree.commit_id.to_string();
        let about = About { commit: Some(&commit), fix, ..About::default() };
        book.add_always(GateRule::BrokenDocuments, message, about);
    }
    for problem in &facts.broken {
        let key = problem.key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
        let most = if problem.severity == Severity::Error { Level::Error } else { Level::Warn };
        let about = About {
            file: Some(&problem.file),
            line: problem.line,
            fix: problem.hint.clone().map(Fix::Advice),
            ..About::default()
        };
        book.add_at(most, GateRule::BrokenDocuments, format!("{key}{}", problem.message), about);
    }
    for task in facts.tasks.iter().filter(|task| task.collides) {
        let message = "the base has another new task of this id";
        let advice = "merge the base, and give one of the two another id: tracker doctor";
        let fix = Some(Fix::Advice(advice.to_owned()));
        let about = About { task: Some(&task.id), file: Some(&task.path), fix, ..About::default() };
        book.add(GateRule::BrokenDocuments, message, about);
    }
}

fn closed_sprints(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    for (path, doubt) in &facts.sprint_doubts {
        let verify = |sprint: &SprintId| Fix::Run(Suggestion::tracker(["sprint", "verify", sprint.as_str()]));
        let restore = || Fix::Advice(format!("restore the lines of {path}: git checkout BASE -- {path}"));
        let (most, message, fix) = match doubt {
            SprintDoubt::Closed(sprint) => {
                let file = facts.files.iter().find(|file| file.path == *path);
                let action = match file.map(|file| (&file.before, &file.after)) {
                    Some((None, _)) => "added",
                    Some((_, None)) => "deleted",
                    _ => "changed",
                };
                (Level::Error, format!("{sprint} is closed, and {path} is {action}"), verify(sprint))
            }
            SprintDoubt::Begun(sprint) => {
                let message = format!("{sprint} has begun, and {path} says otherwise what it committed to");
                (Level::Error, message, restore())
            }
            SprintDoubt::NotBegun(sprint) => {
                (Level::Warn, format!("{sprint} has begun on the base, and has not at the head"), restore())
            }
            SprintDoubt::Figures(sprint, figures) => {
                let figures = figures.join(", ");
                let message =
                    format!("{sprint} is closed with figures that its records do not give: {figures}");
                (Level::Error, message, verify(sprint))
            }
            SprintDoubt::NotComputed(sprint, why) => {
                let message = format!("the figures of {sprint} are not computed again: {why}");
                (Level::Warn, message, verify(sprint))
            }
            SprintDoubt::PageOfNone(sprint) => {
                let message = format!("{path} is a page of {sprint}, which is not closed");
                let fix = Fix::Run(Suggestion::tracker(["sprint", "close", sprint.as_str()]));
                (Level::Warn, message, fix)
            }
            SprintDoubt::ListChanged => {
                (Level::Warn, format!("{path} no longer has lines of closed sprints"), restore())
            }
        };
        let about = About { file: Some(path), fix: Some(fix), ..About::default() };
        book.add_at(most, GateRule::ClosedSprints, message, about);
    }
}

fn of_merge(record: &MergedRecord, book: &mut Violations<'_>) {
    let difference = record.difference.join(" ");
    let (most, message) = if record.had_conflict {
        (Level::Warn, format!("a conflict was resolved by hand: {difference}"))
    } else {
        (Level::Error, format!("the merge contains what neither side has: {difference}"))
    };
    let fix = if record.had_conflict {
        // No driver can decide that: whoever reviews the merge compares it with both sides.
        Fix::Run(Suggestion::git(["show", "--cc", &record.commit, "--", &record.path]))
    } else {
        Fix::Advice("merge again with the driver in place: tracker hooks install".to_owned())
    };
    let fix = Some(fix);
    let about = About {
        task: record.task.as_ref(),
        commit: Some(&record.commit),
        file: Some(&record.path),
        line: None,
        fix,
    };
    book.add_at(most, GateRule::MergeIntegrity, message, about);
}

fn commands(facts: &RangeFacts<'_>, book: &mut Violations<'_>) {
    let Some(outcomes) = &facts.commands else {
        let count = book.config.policy.gate.commands.len();
        if count > 0 {
            book.note(
                GateRule::Commands,
                format!("{count} not run: --allow-commands runs what the policy names"),
            );
        }
        return;
    };
    for outcome in outcomes.iter().filter(|outcome| !outcome.is_yes) {
        let own = book.config.policy.gate.commands.iter().find(|command| command.name == outcome.name);
        let most = own.map_or(Level::Error, |command| command.level);
        book.add_at(
            most,
            GateRule::Commands,
            format!("{} failed: {}", outcome.name, outcome.message),
            About::default(),
        );
    }
}
