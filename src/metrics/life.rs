//! One task's way through its stages as of a moment, read from its moves.

use chrono::{DateTime, Utc};

use super::Item;
use crate::model::{MoveKind, Stage};

/// A move, as it counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    /// When: as the move says, and never before the one above it.
    pub(super) at: DateTime<Utc>,
    /// Where the task was.
    pub(super) from: &'a Stage,
    pub(super) to: &'a Stage,
    pub(super) kind: &'a MoveKind,
    /// Whether it led to a later stage, as the pipeline orders them.
    pub(super) is_forward: bool,
    /// Whether it led to an earlier one.
    pub(super) is_backward: bool,
}

impl Step<'_> {
    /// Whether it is a plain advance. A kind that nobody knows is judged as one.
    pub(super) fn is_earned(&self) -> bool {
        self.is_forward && matches!(self.kind, MoveKind::Advance | MoveKind::Start | MoveKind::Unknown(_))
    }

    /// Whether its time is that of the move: an import tells where a task was, not when it came there.
    pub(super) fn is_dated(&self) -> bool {
        *self.kind != MoveKind::Import
    }
}

/// A stay in a stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) stage: &'a Stage,
    pub(super) entered: DateTime<Utc>,
    /// The end of the range where it has not left.
    pub(super) left: DateTime<Utc>,
    /// Whether it is known when it came.
    pub(super) is_dated: bool,
}

/// A task's way until a moment.
#[derive(Debug)]
pub(super) struct Life<'a> {
    pub(super) item: &'a Item,
    pub(super) steps: Vec<Step<'a>>,
    to: DateTime<Utc>,
}

impl<'a> Life<'a> {
    /// Reads an item's moves up to and with a moment.
    pub(super) fn of(item: &'a Item, to: DateTime<Utc>) -> Self {
        let mut steps: Vec<Step<'a>> = Vec::with_capacity(item.moves.len());
        let Some(first) = item.moves.first() else { return Self { item, steps, to } };
        let (mut from, mut place, mut at) = (&first.from, item.place(&first.from).unwrap_or(0), None);
        for step in &item.moves {
            let now = at.map_or(step.at, |at: DateTime<Utc>| at.max(step.at));
            if now > to {
                break;
            }
            at = Some(now);
            if step.to == *from {
                continue;
            }
            let new = item.place(&step.to).unwrap_or(place);
            let (is_forward, is_backward) = (new > place, new < place);
            steps.push(Step { at: now, from, to: &step.to, kind: &step.kind, is_forward, is_backward });
            (from, place) = (&step.to, new);
        }
        Self { item, steps, to }
    }

    /// The stage it is in.
    pub(super) fn stage(&self) -> &'a Stage {
        match (self.steps.last(), self.item.moves.first()) {
            (Some(last), _) => last.to,
            (None, Some(first)) => &first.from,
            (None, None) => &self.item.stage,
        }
    }

    /// Whether it is complete and not cancelled.
    pub(super) fn is_complete(&self) -> bool {
        self.stage().is_complete() && !self.item.cancelled
    }

    /// Whether it is in a stage of work or review and not cancelled.
    pub(super) fn is_in_progress(&self) -> bool {
        !self.stage().is_none() && !self.stage().is_complete() && !self.item.cancelled
    }

    /// When it was started, if that is known.
    pub(super) fn started(&self) -> Option<DateTime<Utc>> {
        let first = self.steps.first().filter(|step| step.from.is_none())?;
        first.is_dated().then_some(first.at)
    }

    /// When it was finished, if it is complete and that is known.
    pub(super) fn finished(&self) -> Option<DateTime<Utc>> {
        let last = self.steps.last().filter(|_| self.is_complete())?;
        last.is_dated().then_some(last.at)
    }

    /// Calendar time from start to finish, in seconds, if both are known.
    pub(super) fn cycle_time(&self) -> Option<i64> {
        Some((self.finished()? - self.started()?).num_seconds())
    }

    /// The moment from which it was at a place of its pipeline or past it for good; none where it is before it.
    pub(super) fn arrived(&self, place: usize) -> Option<DateTime<Utc>> {
        let mut arrived = None;
        let mut at = self.steps.first().map_or(0, |step| self.item.place(step.from).unwrap_or(0));
        for step in &self.steps {
            let new = self.item.place(step.to).unwrap_or(at);
            if new < place {
                arrived = None;
            } else if at < place {
                arrived = Some(step.at);
            }
            at = new;
        }
        arrived
    }

    /// Its stays in stages other than `none` and `complete`, in order.
    pub(super) fn visits(&self) -> impl Iterator<Item = Visit<'a>> {
        let lefts = self.steps.iter().skip(1).map(|step| step.at).chain([self.to]);
        let visits = self.steps.iter().zip(lefts).map(|(step, left)| Visit {
            stage: step.to,
            entered: step.at,
            left,
            is_dated: step.is_dated(),
        });
        visits.filter(|visit| !visit.stage.is_none() && !visit.stage.is_complete())
    }
}

impl Item {
    /// Returns when it was started, as of a moment, if that is known.
    #[must_use]
    pub fn started(&self, as_of: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Life::of(self, as_of).started()
    }

    /// Returns when it was finished, as of a moment, if it is complete then and that is known.
    #[must_use]
    pub fn finished(&self, as_of: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Life::of(self, as_of).finished()
    }

    /// Returns the calendar time from its start to its finish, in seconds, as of a moment, if both are known.
    #[must_use]
    pub fn cycle_time(&self, as_of: DateTime<Utc>) -> Option<i64> {
        Life::of(self, as_of).cycle_time()
    }

    /// Returns how old it is, in seconds, where it is in progress at a moment and its start is known.
    #[must_use]
    pub fn age(&self, as_of: DateTime<Utc>) -> Option<i64> {
        let life = Life::of(self, as_of);
        let started = life.started().filter(|_| life.is_in_progress())?;
        Some((as_of - started).num_seconds())
    }

    /// Returns a stage's place: 0 for `none`, then the stages from 1, then `complete`; none for a stage that the
    /// pipeline does not have.
    #[must_use]
    pub fn place(&self, stage: &Stage) -> Option<usize> {
        match stage {
            stage if stage.is_none() => Some(0),
            stage if stage.is_complete() => Some(self.stages.len() + 1),
            stage => self.stages.iter().position(|own| own.stage == *stage).map(|at| at + 1),
        }
    }

    /// Returns the roles whose sign-off a stage of its pipeline requires.
    pub(super) fn roles_of(&self, stage: &Stage) -> Option<&[String]> {
        self.stages.iter().find(|own| own.stage == *stage).map(|own| &own.roles[..])
    }
}
