//! `legal-moves`: every move is one that the pipeline has, it follows the one before it, and nothing is taken out of a
//! history.

use super::super::facts::{RangeFacts, RangeTask, RecordStep};
use super::super::histories::lost;
use super::super::passes::{Judged, place_in, route};
use super::{About, Violations};
use crate::model::{Config, GateRule, Level, Move, Stage, Task};
use crate::policy::is_override;

const RULE: GateRule = GateRule::LegalMoves;

pub(super) fn judge(facts: &RangeFacts<'_>, tasks: &[Judged<'_>], book: &mut Violations<'_>) {
    for step in &facts.steps {
        let RecordStep::History { commit, task, path, before, after } = step else { continue };
        if let Some(gone) = lost(before, after) {
            let message = format!("takes {} of {} out of the history", said(gone), gone.by);
            let about = About {
                task: Some(task),
                commit: commit.as_deref(),
                file: Some(path),
                suggestion: restore(path),
                ..About::default()
            };
            book.add(RULE, message, about);
        }
    }
    for task in tasks {
        of_task(task, book);
    }
}

fn of_task(task: &Judged<'_>, book: &mut Violations<'_>) {
    let facts = task.facts;
    let about = || About { task: Some(&facts.id), file: Some(&facts.path), ..About::default() };
    if facts.is_deleted {
        let suggestion = Some(format!("restore {}, and: tracker cancel {}", facts.path, facts.id));
        book.add(
            RULE,
            "the record is deleted: a task that will not be done is cancelled",
            About { suggestion, ..about() },
        );
        return;
    }
    let Some(after) = &facts.after else { return };
    let before = facts.before.as_ref().map_or(&[][..], |task| &task.history);
    if let Some(gone) = lost(before, &after.history) {
        let message = format!("the move {} of {} is no longer in the history", said(gone), gone.by);
        book.add(RULE, message, About { suggestion: restore(&facts.path), ..about() });
    }
    for (at, step) in &task.moves {
        if let Some(wrong) = wrong_with(after, *at, step, route(facts), book.config) {
            book.add(RULE, format!("{} by {}: {wrong}", said(step), step.by), about());
        }
    }
    let told = after.history.last().map_or_else(Stage::none, |step| step.to.clone());
    let was_so =
        facts.before.as_ref().is_some_and(|old| old.stage == after.stage && old.history == after.history);
    if told != after.stage && !was_so {
        let message = format!("`stage` says {}, and the history ends in {told}: set by hand", after.stage);
        let suggestion =
            Some(format!("tracker set-stage {} {}, which says who and why", facts.id, after.stage));
        book.add(RULE, message, About { suggestion, ..about() });
    }
    note_other_route(facts, after, book);
}

fn restore(path: &str) -> Option<String> {
    Some(format!("restore the lines under `history:` in {path}: moves are only ever added"))
}

/// A task that had begun is judged by the route it began on.
fn note_other_route(facts: &RangeTask, after: &Task, book: &mut Violations<'_>) {
    let own = book.config.stages_of(after.kind.as_deref());
    let judged_by = book.config.stages_of(route(facts));
    if own != judged_by {
        let name = |kind: Option<&str>| kind.unwrap_or("none").to_owned();
        let message = format!(
            "its type is now {}; it is judged by the stages of {}, with which it began",
            name(after.kind.as_deref()),
            name(route(facts))
        );
        let about = About { task: Some(&facts.id), file: Some(&facts.path), ..About::default() };
        book.add_at(Level::Warn, RULE, message, about);
    }
}

/// Says what is wrong with a move, if anything is.
fn wrong_with(task: &Task, at: usize, step: &Move, kind: Option<&str>, config: &Config) -> Option<String> {
    let before = at.checked_sub(1).and_then(|at| task.history.get(at));
    let stood = before.map_or_else(Stage::none, |before| before.to.clone());
    // Two branches that made the same move leave it behind twice.
    let is_twice = before.is_some_and(|before| before.from == step.from && before.to == step.to);
    if is_twice {
        return None;
    }
    if step.from != stood {
        return Some(format!("the task stood in {stood}"));
    }
    let stages = config.stages_of(kind);
    let Some(to) = place_in(stages, &step.to) else {
        return Some(format!("{} is no stage of its pipeline", step.to));
    };
    if is_override(step) {
        return None;
    }
    let is_next = place_in(stages, &step.from).is_some_and(|from| from + 1 == to);
    let is_back = config.on_fail_of(kind, &step.from).as_ref() == Some(&step.to);
    let is_reopened = step.from.is_complete() && to <= 1;
    let is_legal = is_next || is_back || is_reopened;
    (!is_legal).then(|| "its pipeline has no such move, and it is no override".to_owned())
}

fn said(step: &Move) -> String {
    format!("{} → {}", step.from, step.to)
}
