//! How a run ends: because somebody cancels it, and as what.

use chrono::{DateTime, Utc};

use super::Run;
use crate::model::{RunState, StepState};

impl Run {
    pub(super) fn cancel(&mut self, by: &str, at: DateTime<Utc>) {
        self.cancelled_by = Some(by.to_owned());
        self.last_cancelled_by = Some(by.to_owned());
        self.paused_by = None;
        for index in 0..self.steps.len() {
            let is_step = self.is_step(index);
            let step = &mut self.steps[index];
            // Handlers have to run yet, but one that has begun ends as well.
            match step.state {
                StepState::Running => step.is_cancelled = true,
                StepState::Pending if !is_step => {}
                StepState::Pending | StepState::Retry => {
                    step.is_asked = false;
                    step.become_state(StepState::Cancelled, at);
                }
                _ => {}
            }
        }
        self.arrange();
    }

    /// Returns how the run ends, were it to end now.
    #[must_use]
    pub fn outcome(&self) -> RunState {
        let is_lost = |index: usize| self.steps[index].state == StepState::Failed;
        let critical = |index: &usize| self.workflow.steps[*index].critical;
        let mut lost = (0..self.steps.len()).filter(|index| is_lost(*index)).peekable();
        // A retry of some steps leaves others as the cancel has left them.
        let mut left = (0..self.steps.len()).filter(|index| self.is_step(*index));
        if self.cancelled_by.is_some() || left.any(|index| self.steps[index].state == StepState::Cancelled) {
            RunState::Cancelled
        } else if lost.peek().is_none() {
            RunState::Success
        } else if lost.any(|index| critical(&index)) {
            RunState::Failed
        } else {
            RunState::PartialSuccess
        }
    }
}
