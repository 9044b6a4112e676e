//! Where one task stands: its status and its badge.

use crate::model::{Badge, Config, Facts, Stage, Status, Summary};

/// The votes and findings that count for a task in the stage it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Approvals that count, at most one per role and place in its quorum.
    pub approved: u32,
    /// Approvals that the stage asks for; 0 where nobody has counted yet.
    pub required: u32,
    /// Rejections that stand.
    pub rejected: u32,
    /// Open findings that keep the task in its stage.
    pub blocking_findings: u32,
}

impl Tally {
    /// Returns the tally with `required` filled in from the configuration where nobody has counted: one approval
    /// for each role that the task's stage asks.
    #[must_use]
    pub fn or_asked_by(self, task: &Summary<'_>, config: &Config) -> Self {
        if self.required > 0 {
            return self;
        }
        let roles = config.signoffs_of(task.stage).len();
        Self { required: u32::try_from(roles).unwrap_or(u32::MAX), ..self }
    }

    /// Returns how many approvals are missing.
    #[must_use]
    pub fn missing(&self) -> u32 {
        self.required.saturating_sub(self.approved)
    }

    /// Returns how many rejections and blocking findings are open.
    #[must_use]
    pub fn issues(&self) -> u32 {
        self.rejected.saturating_add(self.blocking_findings)
    }
}

/// Derives a task's status. `is_open` tells whether the task of an id is neither complete nor cancelled; for an
/// id that no task has it answers yes, because a mistyped id must not let work begin.
pub fn status_of(task: &Summary<'_>, is_open: impl Fn(&str) -> bool) -> Status {
    status_when(task, || task.depends_on.iter().any(|id| is_open(id)))
}

/// Derives a task's status; `is_held_up` tells whether one of its dependencies is open.
pub(super) fn status_when(task: &Summary<'_>, is_held_up: impl FnOnce() -> bool) -> Status {
    if task.cancelled.is_some() {
        Status::Cancelled
    } else if task.stage == Stage::COMPLETE {
        Status::Completed
    } else if task.blocked.is_some() || is_held_up() {
        Status::Blocked
    } else if task.stage == Stage::NONE {
        Status::NotStarted
    } else {
        Status::InProgress
    }
}

/// Derives a task's badge from its stage and from the votes that count there.
///
/// Issues come before everything but completion: a task that a rejection sent back shows them in whatever stage
/// it is in. Without a tally, a stage that asks roles awaits all of them.
#[must_use]
pub fn badge_of(task: &Summary<'_>, config: &Config, tally: Tally) -> Badge {
    let tally = tally.or_asked_by(task, config);
    if task.stage == Stage::COMPLETE {
        Badge::QaApproved
    } else if tally.issues() > 0 {
        Badge::IssuesFound
    } else if task.stage == Stage::NONE {
        Badge::Pending
    } else if tally.required == 0 {
        Badge::InProgress
    } else if tally.missing() > 0 {
        Badge::AwaitingQa
    } else {
        Badge::ReadyToFinalise
    }
}

/// Puts status and badge together.
#[must_use]
pub fn facts_of(status: Status, badge: Badge) -> Facts {
    Facts { status, badge, ready: matches!(status, Status::NotStarted | Status::InProgress) }
}
