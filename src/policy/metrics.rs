//! The row of numbers above a board and in reports.

use schemars::JsonSchema;
use serde::Serialize;

use super::Tally;
use crate::model::{Badge, Facts, Status};

/// Numbers of tasks by stage, status and badge.
///
/// A cancelled task counts as cancelled and nothing else; every other task counts under exactly one badge. So
/// `total` is the sum of the badges and of `cancelled`. `blocked` looks at the same tasks another way: a blocked
/// task still has its badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Metrics {
    /// All tasks.
    pub total: usize,
    /// Not begun.
    pub pending: usize,
    /// In a stage that asks nobody.
    pub in_progress: usize,
    /// In a stage that requires sign-offs, and some are missing.
    pub awaiting_qa: usize,
    /// With a rejection or a blocking finding.
    pub issues_found: usize,
    /// With all sign-offs, and not yet moved on.
    pub ready_to_finalise: usize,
    /// Complete, and not by approvals.
    pub done: usize,
    /// Through all stages, with the approvals that they require.
    pub qa_approved: usize,
    /// Will not be done.
    pub cancelled: usize,
    /// Blocked by hand or by an open dependency.
    pub blocked: usize,
    /// Can begin now.
    pub ready: usize,
    /// Approvals that open tasks lack in the stages they are in.
    pub pending_signoffs: u64,
    /// Rejections of open tasks that count.
    pub rejections: u64,
    /// Findings that keep open tasks in their stages, as `findings` marks them.
    pub blocking_findings: u64,
}

impl Metrics {
    /// Counts tasks, given what is derived of each.
    pub fn of(tasks: impl IntoIterator<Item = (Facts, Tally)>) -> Self {
        let mut metrics = Self::default();
        for (facts, tally) in tasks {
            metrics.count(facts, tally);
        }
        metrics
    }

    fn count(&mut self, facts: Facts, tally: Tally) {
        self.total += 1;
        self.blocked += usize::from(facts.status == Status::Blocked);
        self.ready += usize::from(facts.ready);
        if !facts.status.is_closed() {
            self.pending_signoffs += u64::from(tally.missing());
            self.rejections += u64::from(tally.rejected);
            self.blocking_findings += u64::from(tally.blocking_findings);
        }
        let place = match facts.badge {
            _ if facts.status == Status::Cancelled => &mut self.cancelled,
            Badge::Pending => &mut self.pending,
            Badge::InProgress => &mut self.in_progress,
            Badge::AwaitingQa => &mut self.awaiting_qa,
            Badge::IssuesFound => &mut self.issues_found,
            Badge::ReadyToFinalise => &mut self.ready_to_finalise,
            Badge::Done => &mut self.done,
            Badge::QaApproved => &mut self.qa_approved,
        };
        *place += 1;
    }
}
