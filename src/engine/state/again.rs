//! What runs again: because somebody wants it, or because an engine goes on after a crash.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::Run;
use crate::model::{RunState, StepState};

impl Run {
    pub(super) fn retry(&mut self, names: &[String], forced: bool, by: Option<&String>, at: DateTime<Utc>) {
        let named: BTreeSet<usize> = names.iter().filter_map(|name| self.find(name)).collect();
        named.iter().for_each(|index| self.reset(*index, forced, by, at));
        let has_steps = named.iter().any(|index| self.is_step(*index));
        for index in (0..self.steps.len()).filter(|index| !named.contains(index)).collect::<Vec<_>>() {
            let is_lost = self.steps[index].is_lost();
            // Handlers run again when the steps have ended; what could not begin may be able to now.
            let is_meant = if self.is_step(index) { is_lost } else { has_steps };
            if is_meant && self.steps[index].state.is_end() {
                self.reset(index, false, by, at);
                self.steps[index].retried = self.steps[index].retried.take().filter(|_| !is_lost);
            }
        }
        if by.is_some() {
            self.cancelled_by = None;
            self.ended = None;
            self.become_state(RunState::Retry, at);
        }
        self.arrange();
    }

    fn reset(&mut self, index: usize, forced: bool, by: Option<&String>, at: DateTime<Utc>) {
        let step = &mut self.steps[index];
        if !step.state.leads_to(StepState::Pending) {
            return;
        }
        step.become_state(StepState::Pending, at);
        (step.due, step.reused, step.skipped, step.answered, step.is_asked) = (None, None, None, None, false);
        step.awaited = None;
        step.outputs.clear();
        // An engine that goes on after a crash gives no new retries.
        if by.is_some() {
            step.retries = 0;
        }
        step.is_forced = forced;
        step.retried = Some(by.cloned());
    }

    /// Returns the steps that a retry without a choice is of: what failed or was cancelled, and what has ended and needs one
    /// of these; else the handlers that have failed.
    #[must_use]
    pub fn to_retry(&self) -> Vec<usize> {
        let lost =
            |index: &usize| matches!(self.steps[*index].state, StepState::Failed | StepState::Cancelled);
        let lost = (0..self.steps.len()).filter(lost);
        let (steps, handlers): (Vec<usize>, Vec<usize>) = lost.partition(|index| self.is_step(*index));
        if steps.is_empty() { handlers } else { self.with_dependents(&steps) }
    }

    /// Returns these steps and all that have ended and need one of them by some way.
    #[must_use]
    pub fn with_dependents(&self, steps: &[usize]) -> Vec<usize> {
        let mut found: BTreeSet<usize> = steps.iter().copied().collect();
        let mut open = steps.to_vec();
        while let Some(step) = open.pop() {
            for dependent in &self.dependents[step] {
                if found.insert(*dependent) {
                    open.push(*dependent);
                }
            }
        }
        let has_begun = |index: &usize| self.steps[*index].state.is_end() && !self.steps[*index].is_lost();
        found.into_iter().filter(has_begun).collect()
    }
}
