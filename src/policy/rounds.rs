//! Rounds: how often a task has been in a stage, read from its history.
//!
//! A round is one stay in a stage. A task that was sent back and comes again begins another round, in which earlier
//! approvals no longer count. Clocks play no part: only the order of the moves does.

use crate::model::{Config, Move, MoveKind, Stage, Task};

/// Returns which round a task is in: 1 for its first stay in its stage, also where the history does not tell.
#[must_use]
pub fn round_of(task: &Task) -> u32 {
    round_in(task, &task.stage)
}

/// Returns how often a task has entered a stage, at least 1. A move to where the task is already, as a merge of two
/// branches that made the same move leaves behind, begins no round.
#[must_use]
pub fn round_in(task: &Task, stage: &Stage) -> u32 {
    entries(&task.history, stage).max(1)
}

fn entries(history: &[Move], stage: &Stage) -> u32 {
    let (mut at, mut rounds) = (None, 0);
    for step in history {
        if at != Some(&step.to) && step.to == *stage {
            rounds += 1;
        }
        at = Some(&step.to);
    }
    rounds
}

/// Tells whether a move of the history overrode what the stage asks for.
#[must_use]
pub fn is_override(step: &Move) -> bool {
    step.kind == MoveKind::Override
}

/// Returns the last round of a stage whose rejections an override has replaced: one that led the task forward, from
/// this stage or past it. 0 where there is none.
#[must_use]
pub(super) fn overridden_round(task: &Task, config: &Config, stage: &Stage) -> u32 {
    overrides_past(task, config, stage).last().map_or(0, |&last| round_before(task, stage, last))
}

/// Returns the place in the history of the override that was the first to replace a stage's rejections of a round.
#[must_use]
pub fn overriding_move(task: &Task, config: &Config, stage: &Stage, round: u32) -> Option<usize> {
    let all = overrides_past(task, config, stage);
    all.into_iter().find(|&at| round_before(task, stage, at) >= round)
}

/// Returns the round of a stage that the move at a place in the history ends.
fn round_before(task: &Task, stage: &Stage, at: usize) -> u32 {
    entries(&task.history[..at], stage).max(1)
}

/// Returns the places in the history of the overrides that led the task forward, from a stage or past it.
fn overrides_past(task: &Task, config: &Config, stage: &Stage) -> Vec<usize> {
    let stages = config.stages_of(task.kind.as_deref());
    let place = |wanted: &Stage| match wanted {
        wanted if wanted.is_none() => Some(0),
        wanted if wanted.is_complete() => Some(stages.len() + 1),
        wanted => stages.iter().position(|own| own == wanted).map(|at| at + 1),
    };
    let own = place(stage);
    let passes = |step: &Move| match (own, place(&step.from), place(&step.to)) {
        (Some(own), Some(from), Some(to)) => is_override(step) && from <= own && own < to,
        _ => false,
    };
    (0..task.history.len()).filter(|&at| passes(&task.history[at])).collect()
}
