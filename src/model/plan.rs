//! Plans: which tasks are done together and in which order they are shown, and what people have decided about that. The
//! tasks themselves are the tracker's own; where a plan is follows from its history, its content and their stages.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use super::{PlanId, Problem, Task, TaskId};

/// A plan: its own file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its id, equal to the file's name without its ending.
    pub id: PlanId,
    /// One line.
    pub title: String,
    /// Where its breakdown was imported from, such as `breakdown:specs/cart/tasks.md`.
    pub source: Option<String>,
    /// How many more attempts each of its tasks has after the first.
    pub retries: Option<u32>,
    /// The day it was written down.
    pub created: Option<NaiveDate>,
    /// What people have decided about it, the oldest first.
    pub history: Vec<PlanDecision>,
    /// Its tasks, in the order of the body.
    pub phases: Vec<Phase>,
    /// The line of the file on which each of its tasks is, in the order of [`Plan::tasks`].
    pub lines: Vec<usize>,
    /// The line of the file on which each decision is.
    pub history_lines: Vec<usize>,
    /// The Markdown below the front matter, line endings as in the file.
    pub body: String,
    /// Keys that the tracker does not know, with the text of their values, in the file's order.
    pub unknown: Vec<(String, String)>,
    /// What is odd about the document without making it unusable.
    pub warnings: Vec<Problem>,
}

/// A part of a plan: a heading of the second level with tasks below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// Its heading; none for tasks that are above every heading.
    pub name: Option<String>,
    /// Its parts, each with at least one task.
    pub milestones: Vec<Milestone>,
}

/// A part of a phase: a heading of the third level with tasks below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// Its heading; none for tasks that are right below that of the phase.
    pub name: Option<String>,
    /// Its tasks, at least one.
    pub tasks: Vec<TaskId>,
}

/// A task of a plan, and where in the plan it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedTask<'p> {
    /// The phase.
    pub phase: Option<&'p str>,
    /// The milestone.
    pub milestone: Option<&'p str>,
    /// The task.
    pub id: &'p TaskId,
}

/// What a person has decided about a plan: an entry of its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDecision {
    /// When, as the file says; the commit that added it is what counts.
    pub at: DateTime<Utc>,
    /// The person, as the file says.
    pub by: String,
    /// The agent that worked for that person.
    pub agent: Option<String>,
    /// What was decided.
    pub kind: PlanDecisionKind,
    /// The digest of the content that it was decided about.
    pub digest: Option<String>,
    /// The digest of the entries above it, as it was decided; none where it was the first.
    pub after: Option<String>,
    /// Whether these are the entries above it: one that was copied, moved, or merged with another is about none.
    pub is_in_place: bool,
    /// The reason.
    pub why: Option<String>,
    /// Of whom it names, over all of it: base64 without its frame.
    pub signature: Option<String>,
}

/// What a person decides about a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanDecisionKind {
    /// `approved`: it may be executed as it is now.
    Approved,
    /// `rejected`: it may not.
    Rejected,
    /// `reopened`: an earlier decision no longer counts.
    Reopened,
    /// Anything else, as written. It approves nothing.
    Unknown(String),
}

impl PlanDecisionKind {
    /// Those that the program knows.
    pub const KNOWN: [Self; 3] = [Self::Approved, Self::Rejected, Self::Reopened];

    /// Reads the word of a history.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|kind| kind.as_str() == text);
        known.unwrap_or_else(|| Self::Unknown(text.to_owned()))
    }

    /// Returns the word of a history.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Reopened => "reopened",
            Self::Unknown(text) => text,
        }
    }
}

impl fmt::Display for PlanDecisionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanState {
    /// Nobody has decided about it as it is now.
    Draft,
    /// It may be executed, and nothing of it has begun.
    Approved,
    /// It is not executed.
    Rejected,
    /// It is approved, and something of it has begun.
    InProgress,
    /// It is approved, and all that could run has ended; failures are counted beside it.
    Completed,
}

impl PlanState {
    /// All states, in the order of a plan's life.
    pub const ALL: [Self; 5] =
        [Self::Draft, Self::Approved, Self::Rejected, Self::InProgress, Self::Completed];

    /// Returns it as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }

    /// Reads a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Returns it as people read it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Draft => "a draft",
            Self::InProgress => "in progress",
            other => other.as_str(),
        }
    }

    /// Whether an approval of the content as it is now is in force.
    #[must_use]
    pub fn is_approved(self) -> bool {
        matches!(self, Self::Approved | Self::InProgress | Self::Completed)
    }
}

impl fmt::Display for PlanState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How far the execution of a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanProgress {
    /// Nothing of it has begun.
    NotStarted,
    /// Something of it has begun.
    Started,
    /// All that could run has ended.
    Ended,
}

/// What the last decision about a plan says of its content as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanVerdict<'p> {
    /// Nobody has decided anything, or an earlier decision was taken back.
    Undecided,
    /// This decision was about another content.
    Changed(&'p PlanDecision),
    /// This decision approves it.
    Approved(&'p PlanDecision),
    /// This decision rejects it.
    Rejected(&'p PlanDecision),
}

impl PlanVerdict<'_> {
    /// Returns the state that follows from it.
    #[must_use]
    pub fn state(self, progress: PlanProgress) -> PlanState {
        match (self, progress) {
            (Self::Undecided | Self::Changed(_), _) => PlanState::Draft,
            (Self::Rejected(_), _) => PlanState::Rejected,
            (Self::Approved(_), PlanProgress::NotStarted) => PlanState::Approved,
            (Self::Approved(_), PlanProgress::Started) => PlanState::InProgress,
            (Self::Approved(_), PlanProgress::Ended) => PlanState::Completed,
        }
    }
}

impl Plan {
    /// Makes a plan that has an id, a title and nothing else.
    #[must_use]
    pub fn new(id: PlanId, title: impl Into<String>) -> Self {
        Self {
            id,
            title: title.into(),
            source: None,
            retries: None,
            created: None,
            history: Vec::new(),
            phases: Vec::new(),
            lines: Vec::new(),
            history_lines: Vec::new(),
            body: String::new(),
            unknown: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Yields its tasks, in the order of the body. A task that is there twice comes twice.
    pub fn tasks(&self) -> impl Iterator<Item = PlannedTask<'_>> {
        self.phases.iter().flat_map(|phase| {
            phase.milestones.iter().flat_map(|milestone| {
                milestone.tasks.iter().map(|id| PlannedTask {
                    phase: phase.name.as_deref(),
                    milestone: milestone.name.as_deref(),
                    id,
                })
            })
        })
    }

    /// Whether a task is one of its own.
    #[must_use]
    pub fn contains(&self, task: &TaskId) -> bool {
        self.tasks().any(|planned| planned.id == task)
    }

    /// Returns what the last decision says of the content with this digest.
    #[must_use]
    pub fn verdict(&self, digest: &str) -> PlanVerdict<'_> {
        let Some(last) = self.history.last() else { return PlanVerdict::Undecided };
        let is_same = last.digest.as_deref() == Some(digest);
        match last.kind {
            PlanDecisionKind::Reopened | PlanDecisionKind::Unknown(_) => PlanVerdict::Undecided,
            _ if !last.is_in_place => PlanVerdict::Undecided,
            _ if !is_same => PlanVerdict::Changed(last),
            PlanDecisionKind::Approved => PlanVerdict::Approved(last),
            PlanDecisionKind::Rejected => PlanVerdict::Rejected(last),
        }
    }
}

/// What the configuration says of plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRules {
    /// The role whose members approve plans; anyone where it is not given.
    pub approvers: Option<String>,
    /// How many more attempts a task has after the first, where neither it nor its plan says.
    pub retries: u32,
}

impl Default for PlanRules {
    fn default() -> Self {
        Self { approvers: None, retries: 2 }
    }
}

/// The key of a task, and of a plan, that says how many more attempts there are after the first.
pub const RETRIES: &str = "retries";

/// Largest number of further attempts that a file can ask for.
pub const MOST_RETRIES: u32 = 100;

/// Returns how many more attempts a task's own file gives it after the first.
#[must_use]
pub fn retries_of(task: &Task) -> Option<u32> {
    let text = task.unknown.iter().find(|(key, _)| key == RETRIES).map(|(_, value)| value)?;
    text.parse().ok().filter(|count| *count <= MOST_RETRIES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(kind: PlanDecisionKind, digest: &str) -> PlanDecision {
        PlanDecision {
            at: "2026-11-11T15:30:00Z".parse().unwrap(),
            by: "Ada".to_owned(),
            agent: None,
            kind,
            digest: Some(digest.to_owned()),
            after: None,
            is_in_place: true,
            why: None,
            signature: None,
        }
    }

    fn state(history: &[PlanDecision], progress: PlanProgress) -> PlanState {
        let mut plan = Plan::new(PlanId::parse("PLAN-1").unwrap(), "Cart");
        plan.history = history.to_vec();
        plan.verdict("now").state(progress)
    }

    #[test]
    fn the_last_decision_counts_and_only_for_the_content_that_it_was_about() {
        use PlanDecisionKind::{Approved, Rejected, Reopened, Unknown};
        use PlanProgress::{Ended, NotStarted, Started};
        let approved = decision(Approved, "now");
        assert_eq!(state(&[], Started), PlanState::Draft);
        assert_eq!(state(std::slice::from_ref(&approved), NotStarted), PlanState::Approved);
        assert_eq!(state(std::slice::from_ref(&approved), Started), PlanState::InProgress);
        assert_eq!(state(std::slice::from_ref(&approved), Ended), PlanState::Completed);
        assert_eq!(state(&[decision(Approved, "then")], Ended), PlanState::Draft);
        assert_eq!(state(&[approved.clone(), decision(Rejected, "now")], Started), PlanState::Rejected);
        assert_eq!(state(&[approved.clone(), decision(Rejected, "then")], NotStarted), PlanState::Draft);
        let reverted = [decision(Reopened, "now"), decision(Unknown("Approved".to_owned()), "now")];
        let elsewhere = PlanDecision { is_in_place: false, ..approved.clone() };
        let without = PlanDecision { digest: None, ..approved.clone() };
        for last in reverted.into_iter().chain([without, elsewhere]) {
            assert_eq!(state(&[approved.clone(), last], NotStarted), PlanState::Draft);
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for kind in PlanDecisionKind::KNOWN {
            assert_eq!(PlanDecisionKind::parse(kind.as_str()), kind);
        }
        for state in PlanState::ALL {
            assert_eq!(PlanState::parse(state.as_str()), Some(state));
        }
    }
}
