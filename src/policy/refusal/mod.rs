//! Why the rules say no: typed reasons, and the one place that has words for them.
//!
//! The stage machine, the ops and the hooks build a [`Refusal`] from data. What a person reads of it ([`Reason::label`],
//! the `Display` of [`Attempt`], [`Reason`] and [`Hint`]) and what a command would get him further ([`Reason::fix`]) is
//! made here, when it is shown.

#![expect(missing_docs, reason = "most names of attempts and reasons say all there is")]

mod plan;
mod reason;

pub use plan::PlanReason;
pub use reason::{FlightPlace, Reason};

use std::fmt;

use serde::{Serialize, Serializer};

use super::Missing;
use crate::model::{PlanId, RunId, SprintId, Stage, Suggestion, TaskId};

/// A considered no: what was attempted, and all reasons against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub attempt: Attempt,
    pub reasons: Vec<Reason>,
    /// What was kept, or another way.
    pub hint: Option<Hint>,
}

/// What was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Start(TaskId),
    /// The first task that can begin.
    StartNext,
    Claim(TaskId),
    /// The first task that can begin and that nobody has.
    ClaimNext,
    Leave {
        task: TaskId,
        stage: Stage,
    },
    Fail(TaskId),
    /// A move to a stage that somebody named.
    Move(TaskId),
    Block(TaskId),
    Cancel(TaskId),
    DependOn {
        task: TaskId,
        on: String,
    },
    BePartOf {
        task: TaskId,
        parent: String,
    },
    Vote(TaskId),
    /// A vote in a stage that requires none.
    UnrequiredVote {
        task: TaskId,
        stage: Stage,
    },
    Withdraw(TaskId),
    /// To run what its roles run.
    Verify(TaskId),
    AddFindings(TaskId),
    CloseFinding(TaskId),
    Edit(TaskId),
    Remove(TaskId),
    /// What the write did, in words.
    Undo(String),
    /// An answer to what this step of a run asks.
    Answer {
        run: RunId,
        step: String,
    },
    CreateRole(String),
    /// A change of a sprint, as a verb: `start`, `add to`.
    ChangeSprint {
        action: &'static str,
        sprint: SprintId,
    },
    /// What is done with a plan, as a verb: `approve`, `execute`.
    ChangePlan {
        action: &'static str,
        plan: PlanId,
    },
    Commit,
}

/// What a refusal says beside its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    ForceStarts,
    ResumeEdit(TaskId),
    DraftKept(String),
    MessageKept(String),
    SeeSignoffs(TaskId),
}

/// What gets somebody past a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    Run(Suggestion),
    /// Only this person can run it.
    RunAs {
        person: String,
        command: Suggestion,
    },
    /// What no single command does.
    Advice(String),
}

impl Refusal {
    #[must_use]
    pub fn new(attempt: Attempt, reasons: Vec<Reason>) -> Self {
        Self { attempt, reasons, hint: None }
    }

    #[must_use]
    pub fn because(attempt: Attempt, reason: impl Into<Reason>) -> Self {
        Self::new(attempt, vec![reason.into()])
    }

    /// The refusal of everything that a gate misses.
    #[must_use]
    pub fn missing(attempt: Attempt, missing: Vec<Missing>) -> Self {
        Self::new(attempt, missing.into_iter().map(Reason::Missing).collect())
    }

    #[must_use]
    pub fn with_hint(mut self, hint: Hint) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The reasons with what gets one past each, those of single tasks in the row below their task's.
    #[must_use]
    pub fn rows(&self) -> Vec<ReasonRow> {
        let mut rows = Vec::new();
        for reason in &self.reasons {
            rows.push(ReasonRow {
                label: reason.label(),
                message: reason.to_string(),
                fix: match (&self.attempt, reason) {
                    // `deps` does not show parents.
                    (Attempt::BePartOf { parent, .. }, Reason::Cycle(_)) => {
                        Some(Fix::Run(Suggestion::tracker(["show", parent])))
                    }
                    _ => reason.fix(self.attempt.task()),
                },
            });
            if let Reason::Task(refusal) = reason {
                rows.extend(refusal.rows());
            }
        }
        rows
    }
}

/// A reason, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonRow {
    /// One word or two, such as `missing`.
    pub label: &'static str,
    pub message: String,
    pub fix: Option<Fix>,
}

impl Attempt {
    /// The task that it is about, where it is about one.
    #[must_use]
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Start(task)
            | Self::Claim(task)
            | Self::Leave { task, .. }
            | Self::Fail(task)
            | Self::Move(task)
            | Self::Block(task)
            | Self::Cancel(task)
            | Self::DependOn { task, .. }
            | Self::BePartOf { task, .. }
            | Self::Vote(task)
            | Self::UnrequiredVote { task, .. }
            | Self::Withdraw(task)
            | Self::Verify(task)
            | Self::AddFindings(task)
            | Self::CloseFinding(task)
            | Self::Remove(task)
            | Self::Edit(task) => Some(task),
            Self::Undo(_)
            | Self::Answer { .. }
            | Self::StartNext
            | Self::ClaimNext
            | Self::CreateRole(_)
            | Self::ChangeSprint { .. }
            | Self::ChangePlan { .. }
            | Self::Commit => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.attempt.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(task) => write!(f, "{task} cannot start"),
            Self::StartNext => f.write_str("no task can begin"),
            Self::Claim(task) => write!(f, "{task} cannot be claimed"),
            Self::ClaimNext => f.write_str("no task can be claimed"),
            Self::Leave { task, stage } => write!(f, "{task} cannot leave {stage}"),
            Self::Fail(task) => write!(f, "{task} cannot fail"),
            Self::Move(task) => write!(f, "{task} cannot move"),
            Self::Block(task) => write!(f, "cannot block {task}"),
            Self::Cancel(task) => write!(f, "cannot cancel {task}"),
            Self::DependOn { task, on } if task.as_str() == on => write!(f, "{task} cannot depend on itself"),
            Self::DependOn { task, on } => write!(f, "{task} cannot depend on {on}: that would be a cycle"),
            Self::BePartOf { task, parent } if task.as_str() == parent => {
                write!(f, "{task} cannot be a part of itself")
            }
            Self::BePartOf { task, parent } => {
                write!(f, "{task} cannot be a part of {parent}: that would be a cycle")
            }
            Self::Vote(task) => write!(f, "cannot vote on {task}"),
            Self::UnrequiredVote { task, stage } => {
                write!(f, "stage `{stage}` of {task} requires no sign-offs")
            }
            Self::Withdraw(task) => write!(f, "no vote to withdraw on {task}"),
            Self::Verify(task) => write!(f, "cannot verify {task}"),
            Self::AddFindings(task) => write!(f, "cannot add findings to {task}"),
            Self::CloseFinding(task) => write!(f, "cannot close a finding of {task}"),
            Self::Edit(task) => write!(f, "the edited text of {task} was not saved"),
            Self::Remove(task) => write!(f, "cannot remove {task}"),
            Self::Undo(summary) => write!(f, "cannot take back \"{summary}\""),
            Self::Answer { run, step } => write!(f, "cannot answer `{step}` of {run}"),
            Self::CreateRole(role) => write!(f, "role `{role}` already has a text"),
            Self::ChangeSprint { action, sprint } => write!(f, "cannot {action} {sprint}"),
            Self::ChangePlan { action, plan } => write!(f, "cannot {action} {plan}"),
            Self::Commit => f.write_str("commit rejected"),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForceStarts => f.write_str("`--force` starts it all the same"),
            Self::ResumeEdit(task) => {
                write!(
                    f,
                    "your text is kept; run `tracker edit {task}` to go on with it, with `--fresh` to begin anew"
                )
            }
            Self::DraftKept(path) => write!(f, "your text is in {path}; compare it and edit again"),
            Self::MessageKept(path) => write!(f, "your message is in {path}"),
            Self::SeeSignoffs(task) => write!(f, "run `tracker signoffs {task}`"),
        }
    }
}

impl Serialize for Fix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(command) => command.fmt(f),
            Self::RunAs { person, command } => write!(f, "{person}: {command}"),
            Self::Advice(text) => f.write_str(text),
        }
    }
}
