//! The run of a plan, from its log: what has become of each task beside its attempts. Pure: events in, state out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::event::{Conflict, Event, Logged, SkipReason, StopReason, TaskOutcome};
use super::executions::Execution;
use crate::model::{AttemptEnd, RunState};

/// The run of a plan.
#[derive(Debug, Clone)]
pub struct PlanRun {
    /// The whole name of its branch.
    pub branch: String,
    /// The commit that it began with.
    pub base: String,
    /// The last commit that has merged a task.
    pub tip: Option<String>,
    pub by: String,
    pub agent: Option<String>,
    pub created: DateTime<Utc>,
    /// When anything was last written.
    pub latest: DateTime<Utc>,
    tasks: BTreeMap<String, TaskLife>,
    /// How it has ended, where it has.
    pub finished: Option<RunState>,
    /// Why nothing drives it.
    pub stopped: Option<StopReason>,
}

/// What is known of a task beside its attempts.
#[derive(Debug, Clone, Default)]
pub struct TaskLife {
    /// Its branch, whole, and the commit that it began with, where it has a working tree.
    pub opened: Option<(String, String)>,
    pub end: Option<TaskEnd>,
    /// What a person is asked to do, and the command.
    pub waits: Option<(String, Option<String>)>,
    /// The number of its last attempt.
    attempts: u32,
    /// The number of the last attempt when somebody last retried it: earlier ones do not count as lost.
    pub forgiven: u32,
    /// The commit that its branch is to end in, by what its last attempt came to.
    pub commit: Option<String>,
}

/// How the work on a task has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEnd {
    /// Its branch is merged as this commit, which brought these files.
    Integrated { commit: String, files: Vec<String> },
    /// It was closed before its turn came.
    Closed { cancelled: bool },
    Failed {
        message: String,
        conflict: Option<Conflict>,
        /// What shows more of it, or brings it forward, where that is not what its attempts have printed.
        command: Option<String>,
    },
    /// It needs `need`, which has failed or was skipped, because of `root` in the end.
    Skipped { need: String, root: String },
}

/// Where a task of a plan is while the plan is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanTaskState {
    /// It waits for others.
    Pending,
    /// It can begin, or go on.
    Ready,
    /// An executor works on it.
    InProgress,
    /// What an executor has left is examined, or merged.
    Validating,
    /// Only a person can bring it forward.
    Waiting,
    /// Its branch is merged.
    Completed,
    Failed,
    /// It needs one that has failed.
    Skipped,
    /// Its branch was merged, and somebody has taken that back.
    Reverted,
}

impl PlanTaskState {
    /// Returns it as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::InProgress => "in_progress",
            Self::Validating => "validating",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Reverted => "reverted",
        }
    }

    /// Whether nothing follows by itself.
    #[must_use]
    pub fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Skipped | Self::Reverted)
    }
}

impl PlanRun {
    /// Reads the run from its log; none where that is the log of something else.
    #[must_use]
    pub fn replay(events: &[Logged]) -> Option<Self> {
        let (first, others) = events.split_first()?;
        let Event::Planned { branch, base, by, agent, .. } = &first.event else { return None };
        let mut run = Self {
            branch: branch.clone(),
            base: base.clone(),
            tip: None,
            by: by.clone(),
            agent: agent.clone(),
            created: first.at,
            latest: first.at,
            tasks: BTreeMap::new(),
            finished: None,
            stopped: None,
        };
        others.iter().for_each(|logged| run.apply(logged));
        Some(run)
    }

    /// Takes in what has happened.
    pub fn apply(&mut self, logged: &Logged) {
        self.latest = logged.at;
        match &logged.event {
            Event::Began { .. } => (self.stopped, self.finished) = (None, None),
            Event::Stopped { because } => self.stopped = Some(*because),
            Event::Finished { state } => self.finished = Some(*state),
            Event::Opened { step, branch, base } => {
                self.life(step).opened = Some((branch.clone(), base.clone()));
            }
            Event::Started { step, attempt, .. } => {
                let life = self.life(step);
                life.attempts = *attempt;
                (life.waits, life.commit) = (None, None);
            }
            Event::Judged { step, commit, .. } => self.life(step).commit.clone_from(commit),
            Event::Waits { step, message, command } => {
                self.life(step).waits = Some((message.clone(), command.clone()));
            }
            Event::TaskFailed { step, message, conflict, command } => {
                let (message, conflict, command) = (message.clone(), conflict.clone(), command.clone());
                self.end(step, TaskEnd::Failed { message, conflict, command });
            }
            Event::Skipped { step, because: SkipReason::Lost { need, root } } => {
                self.end(step, TaskEnd::Skipped { need: need.clone(), root: root.clone() });
            }
            Event::Integrated { step, commit, files } => {
                let (commit, files) = (commit.clone(), files.clone());
                self.tip = Some(commit.clone());
                self.end(step, TaskEnd::Integrated { commit, files });
            }
            Event::Closed { step, cancelled } => {
                self.end(step, TaskEnd::Closed { cancelled: *cancelled });
            }
            Event::Retried { steps, .. } => {
                for step in steps {
                    let life = self.life(step);
                    (life.end, life.waits) = (None, None);
                    life.forgiven = life.attempts;
                }
            }
            _ => {}
        }
    }

    fn life(&mut self, step: &str) -> &mut TaskLife {
        self.tasks.entry(step.to_owned()).or_default()
    }

    fn end(&mut self, step: &str, end: TaskEnd) {
        let life = self.life(step);
        (life.end, life.waits) = (Some(end), None);
    }

    /// Returns what is known of a task.
    #[must_use]
    pub fn of(&self, task: &str) -> Option<&TaskLife> {
        self.tasks.get(task)
    }

    /// Returns how a task has ended.
    #[must_use]
    pub fn end_of(&self, task: &str) -> Option<&TaskEnd> {
        self.of(task)?.end.as_ref()
    }

    /// Whether nothing that depends on a task has to wait for it.
    #[must_use]
    pub fn is_through(&self, task: &str) -> bool {
        matches!(self.end_of(task), Some(TaskEnd::Integrated { .. } | TaskEnd::Closed { .. }))
    }

    /// Returns where a task is that depends on `needs`; `own` are its attempts, and `is_running` says whether this process
    /// waits for the last of them.
    #[must_use]
    pub fn state_of(
        &self,
        task: &str,
        needs: &[&str],
        own: &[&Execution],
        is_running: bool,
    ) -> PlanTaskState {
        let life = self.of(task);
        match life.and_then(|life| life.end.as_ref()) {
            Some(TaskEnd::Integrated { .. } | TaskEnd::Closed { cancelled: false }) => {
                return PlanTaskState::Completed;
            }
            Some(TaskEnd::Closed { cancelled: true } | TaskEnd::Skipped { .. }) => {
                return PlanTaskState::Skipped;
            }
            Some(TaskEnd::Failed { .. }) => return PlanTaskState::Failed,
            None => {}
        }
        if life.is_some_and(|life| life.waits.is_some()) {
            return PlanTaskState::Waiting;
        }
        match own.last() {
            Some(last) if last.end.is_none() && (is_running || last.is_alive()) => PlanTaskState::InProgress,
            Some(last) if last.end.is_some() && last.outcome.is_none() => PlanTaskState::Validating,
            _ if needs.iter().all(|need| self.is_through(need)) => PlanTaskState::Ready,
            _ => PlanTaskState::Pending,
        }
    }
}

/// Returns how many attempts at a task came to nothing, of those after the number of the one that was forgiven last. One that
/// was interrupted does not count.
#[must_use]
pub fn lost<'e>(own: impl Iterator<Item = &'e Execution>, forgiven: u32) -> u32 {
    let is_lost = |own: &Execution| match own.outcome {
        Some(TaskOutcome::Failed | TaskOutcome::Stays) => true,
        Some(TaskOutcome::Void) => {
            !matches!(own.end, None | Some(AttemptEnd::Interrupted | AttemptEnd::Cancelled))
        }
        Some(TaskOutcome::Passed) | None => false,
    };
    let count = own.filter(|own| own.attempt > forgiven && is_lost(own)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_somebody_waits_for_is_in_progress_until_its_end_is_in_the_log() {
        let at = "2026-11-11T09:00:00Z".parse().unwrap();
        let planned = Event::Planned {
            plan: "PLAN-1".to_owned(),
            branch: "refs/heads/plan/PLAN-1".to_owned(),
            base: "0".repeat(40),
            by: "ada".to_owned(),
            agent: None,
        };
        let run = PlanRun::replay(&[Logged { at, event: planned }]).unwrap();
        let mut own = Execution {
            task: "T-1".to_owned(),
            attempt: 1,
            executor: "dev".to_owned(),
            stage: "dev".to_owned(),
            role: None,
            moves: 1,
            rejections: 0,
            base: None,
            started: at,
            pid: 0,
            birth: None,
            end: None,
            millis: 0,
            message: None,
            outcome: None,
        };
        assert_eq!(run.state_of("T-1", &[], &[&own], true), PlanTaskState::InProgress);
        assert_eq!(run.state_of("T-1", &[], &[&own], false), PlanTaskState::Ready);
        own.end = Some(AttemptEnd::Exit(0));
        assert_eq!(run.state_of("T-1", &[], &[&own], true), PlanTaskState::Validating);
    }
}
