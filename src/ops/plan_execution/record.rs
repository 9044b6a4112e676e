//! The record of a plan's execution, committed on the plan's branch when all that could run has ended.

use super::drive::Driver;
use super::view::ExecutedTask;
use super::worktree::short;
use crate::doc::create_run;
use crate::engine::{AttemptFolder, Event, Execution, PlanTaskState};
use crate::git::{BranchCommit, CommitId};
use crate::model::{ErrorRecord, RecordPath, RunId, RunRecord, RunState, StateRecord, StepRecord, StepState};
use crate::ops::on_branch::cannot_commit;
use crate::ops::run::{shown, time};
use crate::ops::{Error, Result};

/// How many of the last lines of an attempt that failed are kept.
const LINES: usize = 5;
/// How often it is tried while somebody else moves the branch.
const MOST_TRIES: usize = 20;

impl Driver<'_, '_> {
    /// Commits the record of what has come of each task, and takes down that the execution has ended.
    pub(super) fn finish(&mut self) -> Result<()> {
        let views: Vec<ExecutedTask> = (0..self.tasks.len()).map(|index| self.task_view(index)).collect();
        let is_complete = views.iter().all(|view| view.status == PlanTaskState::Completed);
        let state = if is_complete { RunState::Success } else { RunState::PartialSuccess };
        let id = RunId::parse(&self.run_id).map_err(|error| Error::usage(error.to_string()))?;
        let path = RecordPath::run(&id).map(String::from).unwrap_or_default();
        for _ in 0..MOST_TRIES {
            let tip = self.unmoved_tip()?;
            let text = create_run(&self.record(&views, state));
            if self.is_recorded(tip, &path, &text)? {
                return self.emit(Event::Finished { state });
            }
            let plan = &self.plan.id;
            let message =
                format!("{}: {plan} is executed\n\nPlan: {plan}\nRun: {}\n", self.run_id, self.run_id);
            let env = self.session.env();
            let (author, at) = (self.repository.identity(env)?, env.local_now());
            let files = [(path.as_str(), text.as_bytes())];
            let commit = BranchCommit {
                tip,
                files: &files,
                message: &message,
                author: &author,
                committer: &author,
                at,
            };
            let commit = self.repository.write_branch_commit(&commit).map_err(cannot_commit)?;
            let why = format!("plan: record {}", self.run_id);
            if self.repository.move_branch(&self.run.branch, tip, commit, &why)? {
                return self.emit(Event::Finished { state });
            }
        }
        Err(Error::BranchMoved(short(&self.run.branch).to_owned()))
    }

    /// Whether the branch has the record as it would be written now, but for when it ended.
    fn is_recorded(&self, tip: CommitId, path: &str, text: &str) -> Result<bool> {
        let snapshot = self.session.workspace().snapshot_of_commit(Some(tip))?;
        let Some(bytes) = snapshot.read(path)? else { return Ok(false) };
        let without_end = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("ended:") && !line.contains("at: "));
            lines.collect::<Vec<_>>().join("\n")
        };
        Ok(without_end(&String::from_utf8_lossy(&bytes)) == without_end(text))
    }

    fn record(&self, views: &[ExecutedTask], state: RunState) -> RunRecord {
        let now = self.session.env().now();
        RunRecord {
            id: self.run_id.clone(),
            workflow: self.plan.id.to_string(),
            path: crate::facts::plan_path(&self.plan.id),
            digest: self.digest.clone(),
            place: None,
            url: None,
            params: std::collections::BTreeMap::new(),
            state,
            by: self.run.by.clone(),
            agent: self.run.agent.clone(),
            task: None,
            created: time(self.run.created),
            ended: Some(time(now)),
            steps: views.iter().enumerate().map(|(index, view)| self.step(index, view)).collect(),
            errors: self.errors(),
            history: vec![
                StateRecord { at: time(self.run.created), state: RunState::Running },
                StateRecord { at: time(now), state },
            ],
        }
    }

    fn step(&self, index: usize, view: &ExecutedTask) -> StepRecord {
        let own: Vec<&Execution> = self.own(index).collect();
        let state = match view.status {
            PlanTaskState::Completed => StepState::Success,
            PlanTaskState::Failed | PlanTaskState::Reverted => StepState::Failed,
            PlanTaskState::Skipped => StepState::Skipped,
            _ => StepState::Pending,
        };
        StepRecord {
            step: view.task.clone(),
            state,
            attempts: own.len(),
            took: own.last().map(|last| shown(last.millis)),
            total: (own.len() > 1).then(|| shown(view.millis)),
            why: view.message.clone().unwrap_or_default(),
            blocked_by: match self.run.end_of(&view.task) {
                Some(crate::engine::TaskEnd::Skipped { need, .. }) => Some(need.clone()),
                _ => None,
            },
            log: None,
        }
    }

    fn errors(&self) -> Vec<ErrorRecord> {
        let failed = self
            .executions
            .all
            .iter()
            .enumerate()
            .filter(|(_, own)| own.end.is_some_and(|end| !end.is_success()));
        let error = |(at, own): (usize, &Execution)| {
            let left: AttemptFolder = self.executions.folder_of(at);
            let mut lines = left.last_lines(LINES);
            lines.extend(own.message.clone().filter(|message| !lines.contains(message)));
            ErrorRecord {
                step: own.task.clone(),
                attempt: own.attempt,
                at: time(own.started),
                end: own.end.map(|end| end.to_string()).unwrap_or_default(),
                lines,
            }
        };
        failed.map(error).collect()
    }
}
