//! How far the execution of a plan is: from the log of its run and the plan's branch, for whoever asks.

use std::time::Duration;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::drive::Driver;
use super::forecast::{OtherWork, forecast};
use super::tasks::{PlanAt, PlanTask, RunPointer, levels, plan_run_logs};
use super::worktree::{plan_folder, short, task_branch};
use crate::engine::{
    Execution, Executions, Follower, Log, Logged, PlanRun, PlanTaskState, StopReason, TaskEnd, TaskOutcome,
    is_driven,
};
use crate::git::CommitId;
use crate::model::{PlanId, PlanProgress, Suggestion};
use crate::ops::plan::find_plan;
use crate::ops::run::RunLogs;
use crate::ops::{Error, Result, Session};
use crate::store::FolderWatcher;

/// Where the execution of a plan begins.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanStart {
    /// The plan.
    pub plan: String,
    /// Its title.
    pub title: String,
    /// The run; none before it begins.
    pub run: Option<String>,
    /// The folder of the tasks' working trees.
    pub workspace: String,
    /// The path of the plan's file.
    pub path: String,
    /// The branch that the tasks are merged into.
    pub branch: String,
    /// The commit that it began with.
    pub base: String,
    /// How many tasks there are.
    pub total: usize,
    /// The tasks by level: those of one need only such of earlier ones.
    pub levels: Vec<Vec<String>>,
    /// Branches that are not merged and change target files of its tasks.
    pub forecast: Vec<OtherWork>,
}

/// How far the execution of a plan is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PlanExecution {
    /// The plan.
    pub plan: String,
    /// Its title.
    pub title: String,
    /// The run.
    pub run: String,
    /// `running`, `waiting` where only a person can go on, `interrupted`, or `completed` where all that could run has ended.
    pub state: ExecutionState,
    /// The branch that the tasks are merged into.
    pub branch: String,
    /// Where it ends.
    pub commit: Option<String>,
    /// The commit that it began with.
    pub base: String,
    /// The folder of the tasks' working trees.
    pub workspace: String,
    /// Who started it.
    pub by: String,
    /// The agent that did so for them.
    pub agent: Option<String>,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// When it last did anything.
    pub latest: DateTime<Utc>,
    /// How many tasks there are.
    pub total: usize,
    /// How many are done.
    pub completed: usize,
    /// How many have failed.
    pub failed: usize,
    /// How many were skipped, because they need one that has failed or were cancelled.
    pub skipped: usize,
    /// How many only a person can bring forward.
    pub waiting: usize,
    /// Its tasks, in the order of the plan.
    pub tasks: Vec<ExecutedTask>,
    /// Whether this command was interrupted.
    #[serde(skip)]
    pub interrupted: bool,
}

/// Where the execution of a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionState {
    /// A process drives it.
    Running,
    /// Only a person can bring it forward.
    Waiting,
    /// It was interrupted.
    Interrupted,
    /// All that could run has ended.
    Completed,
}

impl ExecutionState {
    /// Returns it as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Interrupted => "interrupted",
            Self::Completed => "completed",
        }
    }
}

/// A task of a plan that is executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExecutedTask {
    /// Its id.
    pub task: String,
    /// Its title.
    pub title: String,
    /// The phase.
    pub phase: Option<String>,
    /// The milestone.
    pub milestone: Option<String>,
    /// Its place in the plan, counted from 1.
    pub number: usize,
    /// `pending`, `ready`, `in_progress`, `validating`, `waiting`, `completed`, `failed` or `skipped`.
    #[serde(serialize_with = "word")]
    #[schemars(with = "String")]
    pub status: PlanTaskState,
    /// Why, in one line.
    pub message: Option<String>,
    /// The command that brings it forward.
    pub command: Option<String>,
    /// The tasks of the plan that it depends on.
    pub needs: Vec<String>,
    /// How many attempts there were.
    pub attempts: u32,
    /// How long its attempts took, in milliseconds.
    pub millis: u64,
    /// Its branch, where it is not merged.
    pub branch: Option<String>,
    /// The commit that has merged it.
    pub commit: Option<String>,
    /// The files that it has brought.
    pub output_files: Vec<String>,
    /// The files in conflict, where it cannot be merged.
    pub conflicts: Vec<String>,
}

fn word<S: Serializer>(state: &PlanTaskState, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(state.as_str())
}

impl PlanStart {
    pub(super) fn of(session: &Session<'_>, at: &PlanAt, branch: &str, base: CommitId) -> Self {
        let name = |index: usize| at.tasks[index].id.to_string();
        let levels = levels(&at.tasks).into_iter().map(|level| level.into_iter().map(name).collect());
        Self {
            plan: at.plan.id.to_string(),
            title: at.plan.title.clone(),
            run: None,
            forecast: forecast(session, at, base),
            workspace: plan_folder(session.workspace(), &at.plan.id).display().to_string(),
            path: crate::facts::plan_path(&at.plan.id),
            branch: short(branch).to_owned(),
            base: base.to_string(),
            total: at.tasks.len(),
            levels: levels.collect(),
        }
    }
}

/// What a view of a task is made of.
struct Seen<'v> {
    plan: &'v PlanId,
    run: &'v PlanRun,
    run_id: &'v str,
    tasks: &'v [PlanTask],
    executions: &'v [Execution],
}

impl Seen<'_> {
    fn own(&self, index: usize) -> Vec<&Execution> {
        let id = self.tasks[index].id.as_str();
        self.executions.iter().filter(|own| own.task == id).collect()
    }

    fn needs(&self, index: usize) -> Vec<&str> {
        self.tasks[index].needs.iter().map(|need| self.tasks[*need].id.as_str()).collect()
    }

    fn view(&self, index: usize) -> ExecutedTask {
        let (task, own, needs) = (&self.tasks[index], self.own(index), self.needs(index));
        let status = self.run.state_of(task.id.as_str(), &needs, &own);
        let end = self.run.end_of(task.id.as_str());
        let (commit, output_files) = match end {
            Some(TaskEnd::Integrated { commit, files }) => (Some(commit.clone()), files.clone()),
            _ => (None, Vec::new()),
        };
        let conflicts = match end {
            Some(TaskEnd::Failed { conflict: Some(conflict), .. }) => conflict.files.clone(),
            _ => Vec::new(),
        };
        let is_open = self.run.of(task.id.as_str()).is_some_and(|life| life.opened.is_some());
        let branch = task_branch(self.plan, &task.id);
        let branch = (is_open && !self.run.is_through(task.id.as_str())).then(|| short(&branch).to_owned());
        let (message, command) = self.why(index, status, &own, &needs);
        ExecutedTask {
            task: task.id.to_string(),
            title: task.title.clone(),
            phase: task.phase.clone(),
            milestone: task.milestone.clone(),
            number: task.number,
            status,
            message,
            command,
            attempts: u32::try_from(own.len()).unwrap_or(u32::MAX),
            millis: own.iter().map(|own| own.millis).sum(),
            needs: needs.into_iter().map(str::to_owned).collect(),
            branch,
            commit,
            output_files,
            conflicts,
        }
    }

    /// Says why a task is where it is, and which command brings it forward.
    fn why(
        &self,
        index: usize,
        status: PlanTaskState,
        own: &[&Execution],
        needs: &[&str],
    ) -> (Option<String>, Option<String>) {
        let id = self.tasks[index].id.as_str();
        let life = self.run.of(id);
        let last = own.last();
        match life.and_then(|life| life.end.as_ref()) {
            Some(TaskEnd::Integrated { commit, .. }) => {
                let commit = CommitId::parse(commit).map_or_else(|_| commit.clone(), |commit| commit.short());
                return (Some(format!("merged as {commit}")), None);
            }
            Some(TaskEnd::Closed { cancelled: true }) => return (Some("is cancelled".to_owned()), None),
            Some(TaskEnd::Closed { cancelled: false }) => return (Some("was done before".to_owned()), None),
            Some(TaskEnd::Failed { message, .. }) => {
                return (Some(message.clone()), Some(self.after_failure(index)));
            }
            Some(TaskEnd::Skipped { need, root }) => {
                let because = if need == root {
                    "which has failed".to_owned()
                } else {
                    format!("because {root} has failed")
                };
                return (Some(format!("needs {need}, {because}")), None);
            }
            None => {}
        }
        match (status, life.and_then(|life| life.waits.clone()), last) {
            (PlanTaskState::Waiting, Some((message, command)), _) => (Some(message), command),
            (PlanTaskState::InProgress, _, Some(last)) => {
                let role = last.role.as_ref().map_or_else(String::new, |role| format!(", as {role}"));
                (
                    Some(format!(
                        "{} works in {}{role}, attempt {}",
                        last.executor, last.stage, last.attempt
                    )),
                    None,
                )
            }
            (PlanTaskState::Validating, _, Some(last)) => {
                (Some(format!("what attempt {} left is examined", last.attempt)), None)
            }
            (PlanTaskState::Pending, ..) => {
                let open: Vec<&str> =
                    needs.iter().filter(|need| !self.run.is_through(need)).copied().collect();
                (Some(format!("waits for {}", open.join(", "))), None)
            }
            (_, _, Some(last)) if last.outcome != Some(TaskOutcome::Passed) => {
                let why = last.message.as_deref().unwrap_or("was interrupted");
                (Some(format!("attempt {}: {why}", last.attempt)), None)
            }
            _ => (None, None),
        }
    }

    fn after_failure(&self, index: usize) -> String {
        let id = self.tasks[index].id.as_str();
        match self.run.end_of(id) {
            Some(TaskEnd::Failed { conflict: Some(_), .. }) => {
                Suggestion::tracker(["plan", "retry", self.plan.as_str(), id]).to_string()
            }
            _ => Suggestion::tracker(["run", "logs", self.run_id, id]).to_string(),
        }
    }
}

impl Driver<'_, '_> {
    fn seen(&self) -> Seen<'_> {
        Seen {
            plan: &self.plan.id,
            run: &self.run,
            run_id: &self.run_id,
            tasks: &self.tasks,
            executions: &self.executions.all,
        }
    }

    pub(super) fn task_view(&self, index: usize) -> ExecutedTask {
        self.seen().view(index)
    }
}

/// Returns how far the execution of a plan is that was started on this machine; none where none was.
pub fn execution_of(session: &Session<'_>, plan: &PlanId) -> Result<Option<PlanExecution>> {
    let Some(pointer) = RunPointer::read(session, plan) else { return Ok(None) };
    let events = Log::read(&pointer.folder)?;
    let Some(run) = PlanRun::replay(&events) else { return Ok(None) };
    let executions = Executions::read(&pointer.folder)?;
    let repository = session.workspace().repository()?;
    let tip = repository.ref_commit(&run.branch)?;
    let at_tip = session.workspace().snapshot_of_commit(tip)?;
    let (config, _) = session.config_or_default();
    let at = match PlanAt::read(&at_tip, plan, &config)? {
        Some(at) => at,
        None => match PlanAt::read(session.snapshot(), plan, &config)? {
            Some(at) => at,
            None => return Ok(None),
        },
    };
    let seen = Seen { plan, run: &run, run_id: &pointer.run, tasks: &at.tasks, executions: &executions };
    let tasks: Vec<ExecutedTask> = (0..at.tasks.len()).map(|index| seen.view(index)).collect();
    let count = |state: PlanTaskState| tasks.iter().filter(|task| task.status == state).count();
    let is_over = tasks.iter().all(|task| task.status.is_end());
    let state = match run.stopped {
        _ if is_driven(&pointer.folder)? => ExecutionState::Running,
        _ if is_over => ExecutionState::Completed,
        Some(StopReason::WaitsForPerson) => ExecutionState::Waiting,
        _ => ExecutionState::Interrupted,
    };
    let (completed, failed) = (count(PlanTaskState::Completed), count(PlanTaskState::Failed));
    let (skipped, waiting) = (count(PlanTaskState::Skipped), count(PlanTaskState::Waiting));
    Ok(Some(PlanExecution {
        plan: plan.to_string(),
        title: at.plan.title,
        run: pointer.run,
        state,
        branch: short(&run.branch).to_owned(),
        commit: tip.map(|tip| tip.to_string()),
        workspace: plan_folder(session.workspace(), plan).display().to_string(),
        base: run.base,
        by: run.by,
        agent: run.agent,
        created: run.created,
        latest: run.latest,
        total: tasks.len(),
        completed,
        failed,
        skipped,
        waiting,
        tasks,
        interrupted: false,
    }))
}

/// How often is looked whether anything drives the plan.
const TICK: Duration = Duration::from_millis(250);

/// Shows the execution of a plan until nothing drives it: `show` is given how far it is, what has happened since the last
/// time, and what the chosen task has printed last; of the one that began last where none is chosen.
pub fn watch_plan(
    session: &mut Session<'_>,
    given: Option<&str>,
    task: Option<&str>,
    mut show: impl FnMut(&PlanExecution, &[Logged], Option<&RunLogs>),
) -> Result<PlanExecution> {
    let first = plan_status(session, given)?;
    let task = task.map(|task| session.resolve(task)).transpose()?.map(|id| id.to_string());
    let id = PlanId::parse(&first.plan).map_err(|error| Error::usage(error.to_string()))?;
    let Some(pointer) = RunPointer::read(session, &id) else { return Ok(first) };
    let watcher = FolderWatcher::new(&pointer.folder);
    let mut follower = Follower::new(&pointer.folder);
    loop {
        let events = follower.more()?;
        session.refresh()?;
        let execution = plan_status(session, Some(id.as_str()))?;
        let logs = plan_run_logs(session, &pointer.run, task.as_deref(), None, LOG_LINES).ok();
        show(&execution, &events, logs.as_ref());
        if execution.state != ExecutionState::Running {
            return Ok(execution);
        }
        watcher.wait(TICK);
    }
}

/// Lines of output of a task that are handed on.
const LOG_LINES: usize = 50;

/// Says how far the execution of a plan is.
pub fn plan_status(session: &Session<'_>, given: Option<&str>) -> Result<PlanExecution> {
    let id = find_plan(session, given, false)?.plan.id;
    execution_of(session, &id)?.ok_or_else(|| {
        let execute = Suggestion::tracker(["plan", "execute", id.as_str()]).to_string();
        Error::not_found(format!("{id} is not executed on this machine"), format!("begin: {execute}"))
    })
}

/// Says how far the execution of a plan is that was started on this machine; none where none was.
pub(in crate::ops) fn progress_here(session: &Session<'_>, plan: &PlanId) -> Result<Option<PlanProgress>> {
    let execution = execution_of(session, plan)?;
    Ok(execution.map(|execution| match execution.state {
        ExecutionState::Completed => PlanProgress::Ended,
        _ => PlanProgress::Started,
    }))
}
