//! What numbers are made of: plain data of tasks and of a sprint's scope.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use super::Calendar;
use crate::model::{FindingSeverity, FindingState, Minutes, Move, Stage, TaskId, Verdict};

/// What numbers need of one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The id.
    pub id: TaskId,
    /// One line; for charts and reports, no number depends on it.
    pub title: String,
    /// `type`.
    pub kind: Option<String>,
    /// The stages of its type's pipeline, in order, without `none` and `complete`.
    pub stages: Vec<ItemStage>,
    /// The stage of its pipeline that is documentation, where it has one.
    pub documentation: Option<Stage>,
    /// Where its file says that it is. Counts only where it has no moves: a history says when.
    pub stage: Stage,
    /// What its file says today. Numbers of a sprint take the scope's instead.
    pub estimate: Option<Minutes>,
    /// Time spent.
    pub spent: Option<Minutes>,
    /// The day of creation.
    pub created: Option<NaiveDate>,
    /// Its moves, in the file's order, which is what counts: times may come from clocks that disagree.
    pub moves: Vec<Move>,
    /// Its votes, in any order.
    pub votes: Vec<ItemVote>,
    /// Its findings, in any order.
    pub findings: Vec<ItemFinding>,
    /// Whether it will not be done. A task's file does not say since when.
    pub cancelled: bool,
    /// Whether it is blocked by hand or by an open dependency, as of now.
    pub blocked: bool,
    /// Who works on it: only for numbers per person, which are off unless the configuration enables them.
    pub assignee: Option<String>,
}

/// A stage of an item's pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemStage {
    /// The stage.
    pub stage: Stage,
    /// Roles whose sign-off it requires; a stage without is one where work is done, one with is one of waiting.
    pub roles: Vec<String>,
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemVote {
    /// The role.
    pub role: String,
    /// What it says.
    pub verdict: Verdict,
    /// Who cast it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The stage that the task was in.
    pub stage: Stage,
    /// The task's how-many-th stay in that stage, counted from 1.
    pub round: u32,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFinding {
    /// How bad.
    pub severity: FindingSeverity,
    /// The role that found it.
    pub role: String,
    /// When it was written down.
    pub opened: DateTime<Utc>,
    /// Its state.
    pub state: FindingState,
    /// When it came into that state; none while nobody changed it.
    pub resolved: Option<DateTime<Utc>>,
}

/// What a sprint took on, and every change of that since: numbers ask this and never what a task says today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// When it was started, which froze what was committed.
    pub started: DateTime<Utc>,
    /// The planned first and last day.
    pub days: (NaiveDate, NaiveDate),
    /// What was committed at the start.
    pub committed: Vec<Commitment>,
    /// Changes since, in any order; of one moment they count in the order given.
    pub changes: Vec<ScopeChange>,
    /// Working time that the team has.
    pub capacity: Option<Minutes>,
    /// Days on which nobody works.
    pub blackout: BTreeSet<NaiveDate>,
}

/// One task that a sprint took on, with what it was thought to take then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// The task.
    pub task: TaskId,
    /// Its estimate at that time.
    pub estimate: Option<Minutes>,
}

/// A change of a scope after the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeChange {
    /// When.
    pub at: DateTime<Utc>,
    /// The task.
    pub task: TaskId,
    /// What.
    pub change: ScopeChangeKind,
}

/// What a change of a scope does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeChangeKind {
    /// The task came in, with this estimate.
    Added(Option<Minutes>),
    /// The task went out.
    Removed,
    /// The estimate became this.
    Estimated(Option<Minutes>),
}

/// The time that numbers are about: from `from` to `to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where it begins.
    pub from: DateTime<Utc>,
    /// Where it ends; nothing later is looked at, so that a number can be computed as of any moment.
    pub to: DateTime<Utc>,
    /// What a day is.
    pub calendar: Calendar,
}

impl Window {
    /// Whether a moment lies in it.
    #[must_use]
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        (self.from..=self.to).contains(&at)
    }
}
