//! A step of a run, what is to be done next, and what steps have of others.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Run;
use crate::engine::event::{Cause, SkipReason, Values};
use crate::env::Env;
use crate::model::{Action, AttemptEnd, Reference, RunState, StepState, TaskGoal};

/// A moment by both clocks: the machine's, which somebody may set, and one that only goes on, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the machine's clock.
    pub wall: DateTime<Utc>,
    /// By a clock of this process that nobody sets back.
    pub mono: u64,
}

impl Moment {
    /// Reads both clocks.
    #[must_use]
    pub fn now(env: &Env) -> Self {
        Self { wall: env.now_millis(), mono: millis(env.monotonic()) }
    }
}

/// Returns a time in milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// An attempt of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1, over all of the run.
    pub number: u32,
    pub pid: u32,
    pub birth: Option<String>,
    pub started: DateTime<Utc>,
    pub because: Cause,
    /// How it has ended; none while it runs.
    pub end: Option<AttemptEnd>,
    pub ended: Option<DateTime<Utc>>,
    pub millis: Option<u64>,
    pub message: Option<String>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRun {
    pub state: StepState,
    /// The states that it has had, the present one last.
    pub history: Vec<(DateTime<Utc>, StepState)>,
    pub attempts: Vec<Attempt>,
    /// How often it was tried again by itself since somebody last requested it.
    pub retries: u32,
    /// When another attempt is due, by the clock that only goes on.
    pub due: Option<u64>,
    /// The same by the machine's clock.
    pub due_at: Option<DateTime<Utc>>,
    /// The run in which it succeeded, and how many files it reads, where it was reused.
    pub reused: Option<(String, usize)>,
    pub skipped: Option<SkipReason>,
    /// Whether a person was asked and has not answered.
    pub is_asked: bool,
    /// Who has answered what.
    pub answered: Option<(String, String)>,
    /// The task that it has waited for, and what became of that.
    pub awaited: Option<(String, String)>,
    pub outputs: Values,
    /// Who wants that it runs again: it is not reused then.
    pub retried: Option<Option<String>>,
    pub(super) is_forced: bool,
    /// Whether somebody has cancelled the attempt that runs.
    pub is_cancelled: bool,
    /// A step that it needs, and without which it cannot begin.
    pub blocked_by: Option<usize>,
}

impl StepRun {
    pub(super) fn new() -> Self {
        Self {
            state: StepState::Pending,
            history: Vec::new(),
            attempts: Vec::new(),
            retries: 0,
            due: None,
            due_at: None,
            reused: None,
            skipped: None,
            is_asked: false,
            answered: None,
            awaited: None,
            outputs: Values::new(),
            retried: None,
            is_forced: false,
            is_cancelled: false,
            blocked_by: None,
        }
    }

    /// Whether it has not begun because of what it needs.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        matches!(self.skipped, Some(SkipReason::Lost { .. }))
    }

    /// Whether it runs even where it could be reused.
    #[must_use]
    pub fn is_forced(&self) -> bool {
        self.is_forced
    }

    /// Takes in what became of the task that it waits for.
    pub(super) fn found(&mut self, task: &str, message: &str) {
        self.is_asked = false;
        self.awaited = Some((task.to_owned(), message.to_owned()));
    }

    pub(super) fn become_state(&mut self, state: StepState, at: DateTime<Utc>) {
        debug_assert!(self.state.leads_to(state), "{:?} to {state:?}", self.state);
        self.state = state;
        self.history.push((at, state));
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Next {
    /// Steps that begin now.
    pub starts: Vec<usize>,
    /// Questions that are asked now.
    pub asks: Vec<usize>,
    /// Steps that do not run.
    pub skips: Vec<(usize, SkipReason)>,
    /// When something is due, by the clock that only goes on.
    pub wake: Option<u64>,
    /// What there is besides.
    pub rest: Rest,
}

impl Next {
    /// Whether nothing begins, is asked or is skipped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty() && self.asks.is_empty() && self.skips.is_empty()
    }
}

/// Whether anything is left to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rest {
    /// Something runs, begins or is due.
    #[default]
    Busy,
    /// Nothing does, and only a person can go on.
    Person,
    /// Nothing does, and the run is paused.
    Paused,
    /// The run ends like this.
    Done(RunState),
}

/// What is decided about a step of which all needs are resolved.
pub(super) enum Decision {
    Start,
    Ask,
    Skip(SkipReason),
    /// It cannot begin, because of this need.
    Block(usize),
}

impl Run {
    /// Returns the steps that wait for a task now.
    pub fn awaited(&self) -> impl Iterator<Item = (usize, &TaskGoal)> {
        self.workflow.steps.iter().enumerate().filter_map(|(index, step)| match &step.action {
            Action::Await(goal)
                if self.steps[index].is_asked && self.steps[index].state == StepState::Pending =>
            {
                Some((index, goal))
            }
            _ => None,
        })
    }

    /// Whether a person is asked something now.
    #[must_use]
    pub fn asks_person(&self) -> bool {
        let is_question = |index: usize| matches!(self.workflow.steps[index].action, Action::Ask(_));
        (0..self.steps.len()).any(|index| self.steps[index].is_asked && is_question(index))
    }

    /// Returns the value of a parameter, a state or an output.
    #[must_use]
    pub fn value(&self, reference: &Reference) -> Option<String> {
        match reference {
            Reference::Param(name) => self.params.get(name).cloned(),
            Reference::State(step) => Some(self.steps[*step].state.as_str().to_owned()),
            Reference::Output(step, key) => self.steps[*step].outputs.get(key).cloned(),
        }
    }
}
