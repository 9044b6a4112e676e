//! The stages that a range led a task out of, each judged again: what the task's place at the head rests on.
//!
//! A move that a later failure undid rests on nothing any more, so only the last move out of a stage counts, and only
//! where the task stands behind that stage at the head. Moves that the base has already were judged when they were
//! merged.

use super::facts::{RangeFacts, RangeTask};
use super::histories;
use crate::model::{Config, Move, Stage, Task};
use crate::policy::{Case, Gate, Signoffs, gate, is_override, judge};

/// One task, judged.
pub(super) struct Judged<'f> {
    /// The task.
    pub(super) facts: &'f RangeTask,
    /// The moves that the range adds, with their places in the history.
    pub(super) moves: Vec<(usize, &'f Move)>,
    /// The stages that the range led it out of.
    pub(super) passes: Vec<Pass<'f>>,
    /// Stages behind which it stands at the head, whoever led it there, with their sign-offs.
    pub(super) passed: Vec<Signoffs<'f>>,
    /// How it stands in the stage it is in; none where it is gone, broken or closed.
    pub(super) current: Option<(Signoffs<'f>, Gate)>,
}

/// One stage that was left.
pub(super) struct Pass<'f> {
    /// The stage.
    pub(super) stage: Stage,
    /// The move that led out of it, or past it; none where the history does not tell.
    pub(super) step: Option<&'f Move>,
    /// Whether that move was an override, or jumped over the stage.
    pub(super) is_forced: bool,
    /// The sign-offs, judged for that stage.
    pub(super) signoffs: Signoffs<'f>,
    /// What the stage asks for and is not there.
    pub(super) gate: Gate,
}

/// Judges all tasks of a range.
pub(super) fn of_range<'f>(facts: &'f RangeFacts<'_>, config: &Config) -> Vec<Judged<'f>> {
    facts.tasks.iter().map(|task| judged(task, facts, config)).collect()
}

fn judged<'f>(facts: &'f RangeTask, range: &'f RangeFacts<'_>, config: &Config) -> Judged<'f> {
    let Some(after) = &facts.after else {
        let (moves, passes, passed) = (Vec::new(), Vec::new(), Vec::new());
        return Judged { facts, moves, passes, passed, current: None };
    };
    let before = facts.before.as_ref().map_or(&[][..], |task| &task.history);
    let moves = histories::added(before, &after.history);
    let kind = route(facts);
    let stages = config.stages_of(kind);
    let place = |stage: &Stage| place_in(stages, stage);
    let here = place(&after.stage).unwrap_or(0);
    let (mut passes, mut passed) = (Vec::new(), Vec::new());
    for (at, stage) in stages.iter().enumerate().filter(|(at, _)| at + 1 < here) {
        let leads_out = |step: &Move| match (place(&step.from), place(&step.to)) {
            (Some(from), Some(to)) => from <= at + 1 && at + 1 < to,
            _ => false,
        };
        let last = after.history.iter().rposition(leads_out);
        let is_new = |last: usize| moves.iter().any(|(new, _)| *new == last);
        let then = at_stage_entry(after, kind, stage, last.unwrap_or(after.history.len()));
        let signoffs = judge(&then, config, &facts.votes, &facts.content, range.people);
        // A stage that no move leads out of was left by hand: that is as new as the record says.
        let is_of_range =
            last.map_or_else(|| facts.before.as_ref().is_none_or(|old| old.stage != after.stage), is_new);
        if is_of_range {
            let step = last.map(|last| &after.history[last]);
            let gate = open_gate(facts, config, &then, &signoffs);
            let is_forced = step.is_none_or(|step| is_override(step) || step.from != *stage);
            passes.push(Pass { stage: stage.clone(), step, is_forced, signoffs: signoffs.clone(), gate });
        }
        passed.push(signoffs);
    }
    let is_open = after.cancelled.is_none() && !after.stage.is_complete();
    let current = is_open.then(|| {
        let signoffs = judge(after, config, &facts.votes, &facts.content, range.people);
        let gate = open_gate(facts, config, after, &signoffs);
        (signoffs, gate)
    });
    Judged { facts, moves, passes, passed, current }
}

/// Returns the type whose pipeline judges: a task that had begun keeps its route, whatever the range makes of its type.
pub(super) fn route(facts: &RangeTask) -> Option<&str> {
    let begun = facts.before.as_ref().filter(|task| !task.stage.is_none());
    begun.or(facts.after.as_ref()).and_then(|task| task.kind.as_deref())
}

/// Returns a stage's place in a pipeline: 0 for `none`, then the stages from 1, then `complete`.
pub(super) fn place_in(stages: &[Stage], stage: &Stage) -> Option<usize> {
    match stage {
        stage if stage.is_none() => Some(0),
        stage if stage.is_complete() => Some(stages.len() + 1),
        stage => stages.iter().position(|own| own == stage).map(|at| at + 1),
    }
}

/// Returns the task in a stage, before the move at `last` led it out of there.
fn at_stage_entry(after: &Task, kind: Option<&str>, stage: &Stage, last: usize) -> Task {
    Task {
        stage: stage.clone(),
        kind: kind.map(str::to_owned),
        history: after.history[..last].to_vec(),
        // A task that is blocked or cancelled after it moved has moved all the same.
        blocked: None,
        cancelled: None,
        ..after.clone()
    }
}

fn open_gate(facts: &RangeTask, config: &Config, task: &Task, signoffs: &Signoffs<'_>) -> Gate {
    gate(&Case {
        task,
        config,
        signoffs,
        findings: &facts.findings,
        open_boxes: &facts.open_boxes,
        waits_for: &facts.waits_for,
        actor: "",
        now: chrono::DateTime::UNIX_EPOCH,
    })
}
