//! Rounds: how often a task was sent back to a stage, read from its history ([`Route::round`]), and overrides.
//!
//! A task that was sent back and comes again begins another round, in which earlier approvals no longer count. Clocks
//! play no part: only the order of the moves does.

use super::Route;
use crate::model::{Config, Move, MoveKind, Stage, Task};

/// Returns which round of its stage a task is in, from 1.
#[must_use]
pub fn round_of(task: &Task, config: &Config) -> u32 {
    Route::of(config, task.kind.as_deref()).round(&task.history, &task.stage)
}

/// Returns whether a move of the history overrode what the stage requires.
#[must_use]
pub fn is_override(step: &Move) -> bool {
    step.kind == MoveKind::Override
}

/// Returns whether an override led a task on, past the stage of a rejection, in its round or a later one.
#[must_use]
pub fn is_overridden(route: Route<'_>, history: &[Move], stage: &Stage, round: u32) -> bool {
    overriding_move(route, history, stage, round).is_some()
}

/// Returns the place in the history of the override that was the first to replace a stage's rejections of a round.
#[must_use]
pub fn overriding_move(route: Route<'_>, history: &[Move], stage: &Stage, round: u32) -> Option<usize> {
    let place = route.place(stage)?;
    let leavings = route.leavings(history);
    let leads_past = |at: &usize| is_override(&history[*at]) && leavings[*at].contains(&place);
    (0..history.len()).filter(leads_past).find(|at| route.round(&history[..*at], stage) >= round)
}
