//! The stage machine: pure functions from a task and what is known of it to a move, or to a refusal that names
//! everything missing.
//!
//! | requested       | leads to                              | needs |
//! |-----------------|---------------------------------------|-------|
//! | [`start`]       | the first stage of the pipeline       | not begun, not closed, not blocked |
//! | [`advance`]     | the next stage                        | the gate of the stage is open |
//! | [`auto_advance`]| the next stage                        | as `advance`, and the stage requires sign-offs and is not manual |
//! | [`fail`]        | `on_fail`, else the first stage       | begun, not closed, not blocked by hand, a reason |
//! | [`set_stage`]   | any stage of the pipeline             | not cancelled; the history says that it was an override |
//!
//! # No move is made twice
//!
//! Sign-offs are judged for one stage and one round. A move begins another stage or round, so the same input asked
//! again of the task that has moved is refused or leads nowhere: votes judged for `qa` never move a task out of
//! `sec`. Nothing here looks at the clock; the time of a move is handed in.

mod gate;
mod moves;

#[cfg(test)]
mod tests;

pub use gate::{Missing, gate};
pub(crate) use moves::auto_advance;
pub use moves::{advance, fail, set_stage, start};

use chrono::{DateTime, Utc};

use super::{Signoffs, TaskEvidence};
use crate::model::{Config, Finding, Move, OpenBox, Problem, Stage, Task, TaskId};

/// All that the machine looks at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The task.
    pub task: &'a Task,
    /// The rules.
    pub config: &'a Config,
    /// The task's sign-offs, judged for the stage it is in.
    pub signoffs: &'a Signoffs<'a>,
    /// The task's findings.
    pub findings: &'a [Finding],
    /// Why votes and findings of the task cannot be read.
    pub unreadable: &'a [Problem],
    /// The boxes of its body that are not ticked.
    pub open_boxes: &'a [OpenBox],
    /// The tasks it depends on that are open.
    pub waits_for: &'a [TaskId],
    /// What was run on it.
    pub evidence: TaskEvidence<'a>,
    /// Who acts.
    pub actor: &'a str,
    /// The agent that acts for them, where there is one.
    pub agent: Option<&'a str>,
    /// When.
    pub now: DateTime<Utc>,
}

/// A move that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovePlan {
    /// The task.
    pub task: TaskId,
    /// The move, as the history will tell it.
    pub step: Move,
    /// The roles whose sign-off is required by the stage it enters.
    pub signoffs: Vec<String>,
}

impl MovePlan {
    /// Returns the stage it leaves.
    #[must_use]
    pub fn from(&self) -> &Stage {
        &self.step.from
    }

    /// Returns the stage it enters.
    #[must_use]
    pub fn to(&self) -> &Stage {
        &self.step.to
    }

    /// Makes the move in a task that was read: what reading it again after the edits would give.
    pub fn apply(&self, task: &mut Task) {
        task.stage = self.step.to.clone();
        task.history.push(self.step.clone());
    }
}

/// What becomes of a task that was asked to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It moves.
    Moves(MovePlan),
    /// It is there already.
    Stays(Stage),
}

impl Outcome {
    /// Returns the move, if there is one.
    #[must_use]
    pub fn plan(self) -> Option<MovePlan> {
        match self {
            Self::Moves(plan) => Some(plan),
            Self::Stays(_) => None,
        }
    }
}
