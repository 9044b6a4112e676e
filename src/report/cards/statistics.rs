//! Counts and sums of the tasks of a document.

use serde::Serialize;

use super::CardInput;
use crate::model::{Minutes, Status};

/// Counts and sums.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Statistics {
    /// All tasks.
    pub total: usize,
    /// Through all stages.
    pub completed: usize,
    /// In a stage.
    pub in_progress: usize,
    /// Not begun.
    pub not_started: usize,
    /// Blocked, by hand or by a dependency.
    pub blocked: usize,
    /// Given up.
    pub cancelled: usize,
    /// Sum of the time spent, such as `3h 20m`; none where nobody wrote any down.
    pub time_spent: Option<String>,
    /// Sum of the estimates; none where there are none.
    pub time_estimated: Option<String>,
    /// Sum of the time spent, in minutes.
    pub minutes_spent: u64,
    /// Sum of the estimates, in minutes.
    pub minutes_estimated: u64,
}

impl Statistics {
    /// Counts tasks.
    pub(super) fn of(tasks: &[&CardInput<'_>]) -> Self {
        let mut counts = Self { total: tasks.len(), ..Self::default() };
        for CardInput { task, status, .. } in tasks {
            let count = match status {
                Status::Completed => &mut counts.completed,
                Status::InProgress => &mut counts.in_progress,
                Status::NotStarted => &mut counts.not_started,
                Status::Blocked => &mut counts.blocked,
                Status::Cancelled => &mut counts.cancelled,
            };
            *count += 1;
            counts.minutes_spent += u64::from(task.spent.unwrap_or_default().0);
            counts.minutes_estimated += u64::from(task.estimate.unwrap_or_default().0);
        }
        counts.time_spent = words(counts.minutes_spent);
        counts.time_estimated = words(counts.minutes_estimated);
        counts
    }
}

fn words(minutes: u64) -> Option<String> {
    (minutes > 0).then(|| Minutes(u32::try_from(minutes).unwrap_or(u32::MAX)).to_string())
}
