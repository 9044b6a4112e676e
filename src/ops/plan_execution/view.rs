//! How far the execution of a plan is: from the log of its run and the plan's branch, for whoever asks.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::drive::Driver;
use super::forecast::{OtherWork, TaskInFlight, forecast, in_flight};
use super::reverted::{NamedCommit, Revert, has_landed, reverts};
use super::runs::plan_run_logs;
use super::tasks::{PlanAt, PlanTask, RunPointer, levels};
use super::worktree::{plan_branch, plan_folder, short, task_branch};
use crate::engine::{
    Execution, Executions, Follower, Log, Logged, PlanRun, PlanTaskState, StopReason, TaskEnd, TaskOutcome,
    is_driven,
};
use crate::git::CommitId;
use crate::model::{PlanId, PlanProgress, Suggestion};
use crate::ops::plan::{PlanFaultView, find_plan};
use crate::ops::run::RunLogs;
use crate::ops::{CountView, Error, Result, Session};
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
    /// The commit that it began with, or is to begin with.
    pub base: String,
    /// Where the branch is, where it goes on.
    pub tip: Option<String>,
    /// What was given as the commit to begin with, where it had begun with another.
    pub ignored_base: Option<String>,
    /// How many tasks there are.
    pub total: usize,
    /// The tasks by level: those of one need only such of earlier ones.
    pub levels: Vec<Vec<String>>,
    /// What is doubtful in the plan, such as tasks without target files.
    pub warnings: Vec<PlanFaultView>,
    /// Tasks of it that have not begun here, and that somebody works on.
    pub in_flight: Vec<TaskInFlight>,
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
    /// Whether HEAD has that.
    pub is_merged: bool,
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
    /// How many were merged, and taken back since.
    pub reverted: usize,
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
    /// `pending`, `ready`, `in_progress`, `validating`, `waiting`, `completed`, `failed`, `skipped`, or
    /// `reverted` where it was merged and taken back since.
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
    /// The commit that has taken it back, where it was reverted and history shows it.
    pub reverted_by: Option<String>,
    /// The files that it has brought.
    pub output_files: Vec<String>,
    /// The files in conflict, where it cannot be merged.
    pub conflicts: Vec<String>,
}

fn word<S: Serializer>(state: &PlanTaskState, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(state.as_str())
}

impl PlanStart {
    /// Looks ahead; `run` is the one that goes on, where one does, and `given` what the commit was given as.
    pub(super) fn of(
        session: &Session<'_>,
        at: &PlanAt,
        run: Option<(&str, &PlanRun)>,
        (base, given): (CommitId, Option<&str>),
    ) -> Result<Self> {
        let name = |index: usize| at.tasks[index].id.to_string();
        let levels = levels(&at.tasks).into_iter().map(|level| level.into_iter().map(name).collect());
        let branch = plan_branch(&at.plan.id);
        let begun = run.map(|(_, run)| run);
        let first = begun.map_or_else(|| base.to_string(), |run| run.base.clone());
        let tip = session.workspace().repository()?.ref_commit(&branch)?.filter(|_| begun.is_some());
        let tip = tip.map(|tip| tip.to_string()).filter(|tip| *tip != first);
        let is_ignored = begun.is_some() && base.to_string() != first;
        let has_begun = |task: &str| begun.is_some_and(|run| run.of(task).is_some());
        Ok(Self {
            plan: at.plan.id.to_string(),
            title: at.plan.title.clone(),
            run: run.map(|(id, _)| id.to_owned()),
            warnings: at.warnings.iter().map(|fault| PlanFaultView::of(&at.plan.id, fault)).collect(),
            in_flight: in_flight(session, at, base, has_begun),
            forecast: forecast(session, at, base),
            workspace: plan_folder(session.workspace(), &at.plan.id).display().to_string(),
            path: crate::facts::plan_path(&at.plan.id),
            branch: short(&branch).to_owned(),
            base: first,
            tip,
            ignored_base: given.filter(|_| is_ignored).map(str::to_owned),
            total: at.tasks.len(),
            levels: levels.collect(),
        })
    }
}

/// What a view of a task is made of.
struct Seen<'v> {
    plan: &'v PlanId,
    run: &'v PlanRun,
    run_id: &'v str,
    tasks: &'v [PlanTask],
    executions: &'v [Execution],
    /// Whether this process waits for an attempt at a task.
    is_running: &'v dyn Fn(&str) -> bool,
    /// The tasks that were taken back.
    reverted: &'v BTreeMap<String, Revert>,
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
        let is_running = (self.is_running)(task.id.as_str());
        let reverted = self.reverted.get(task.id.as_str());
        let status = match reverted {
            Some(_) => PlanTaskState::Reverted,
            None => self.run.state_of(task.id.as_str(), &needs, &own, is_running),
        };
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
            reverted_by: reverted.and_then(|revert| revert.by).map(|by| by.to_string()),
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
        let life = self.run.of(self.tasks[index].id.as_str());
        let last = own.last();
        if let Some(end) = life.and_then(|life| life.end.as_ref()) {
            return self.why_ended(index, end);
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

    /// The same of a task that has ended.
    fn why_ended(&self, index: usize, end: &TaskEnd) -> (Option<String>, Option<String>) {
        let id = self.tasks[index].id.as_str();
        match end {
            TaskEnd::Integrated { commit, .. } => {
                let commit = CommitId::parse(commit).map_or_else(|_| commit.clone(), |commit| commit.short());
                let merged = format!("merged as {commit}");
                let Some(revert) = self.reverted.get(id) else { return (Some(merged), None) };
                let retry = Suggestion::tracker(["plan", "retry", self.plan.as_str(), id]);
                (Some(format!("{merged}, and {}", revert.message())), Some(retry.to_string()))
            }
            TaskEnd::Closed { cancelled: true } => (Some("is cancelled".to_owned()), None),
            TaskEnd::Closed { cancelled: false } => (Some("was done before".to_owned()), None),
            TaskEnd::Failed { message, .. } => (Some(message.clone()), Some(self.after_failure(index))),
            TaskEnd::Skipped { need, root } if need == root => {
                (Some(format!("needs {need}, which has failed")), None)
            }
            TaskEnd::Skipped { need, root } => {
                (Some(format!("needs {need}, because {root} has failed")), None)
            }
        }
    }

    fn after_failure(&self, index: usize) -> String {
        let id = self.tasks[index].id.as_str();
        match self.run.end_of(id) {
            Some(TaskEnd::Failed { command: Some(command), .. }) => command.clone(),
            Some(TaskEnd::Failed { conflict: Some(_), .. }) => {
                Suggestion::tracker(["plan", "retry", self.plan.as_str(), id]).to_string()
            }
            _ => Suggestion::tracker(["run", "logs", self.run_id, id]).to_string(),
        }
    }
}

impl Driver<'_, '_> {
    pub(super) fn task_view(&self, index: usize) -> ExecutedTask {
        let seen = Seen {
            plan: &self.plan.id,
            run: &self.run,
            run_id: &self.run_id,
            tasks: &self.tasks,
            executions: &self.executions.all,
            is_running: &|task| self.executions.is_running(task),
            reverted: &self.reverted,
        };
        seen.view(index)
    }
}

/// Returns the commit that is checked out, with the branch; none where there is none yet.
pub(super) fn head_of(session: &Session<'_>) -> Result<Option<(CommitId, String)>> {
    let head = session.workspace().repository()?.head()?.commit;
    let name = session.workspace().repo_paths().branch()?.unwrap_or_else(|| "HEAD".to_owned());
    Ok(head.map(|head| (head, name)))
}

/// Returns how far the execution of a plan is that was started on this machine; none where none was.
pub fn execution_of(session: &Session<'_>, plan: &PlanId) -> Result<Option<PlanExecution>> {
    let Some(pointer) = RunPointer::read(session, plan) else { return Ok(None) };
    // First: what nobody drives any more is not changed while it is read.
    let is_driven = is_driven(&pointer.folder)?;
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
    let head = head_of(session)?;
    let place = head.as_ref().map(|(commit, name)| NamedCommit { commit: *commit, name });
    let reverted = match tip {
        Some(tip) => reverts(session, (&run, &at.tasks), tip, place.as_ref())?,
        None => BTreeMap::new(),
    };
    let is_merged = match (tip, &head) {
        (Some(tip), Some((head, _))) => {
            repository.merge_base(tip, *head)? == Some(tip)
                || has_landed(session, (&run, &at.tasks), tip, *head)?
        }
        _ => false,
    };
    let seen = Seen {
        plan,
        run: &run,
        run_id: &pointer.run,
        tasks: &at.tasks,
        executions: &executions,
        // What has ended, its driver has yet to record.
        is_running: &|_| is_driven,
        reverted: &reverted,
    };
    let tasks: Vec<ExecutedTask> = (0..at.tasks.len()).map(|index| seen.view(index)).collect();
    let state = ExecutionState::of(&run, is_driven, &tasks);
    let workspace = plan_folder(session.workspace(), plan).display().to_string();
    Ok(Some(PlanExecution {
        commit: tip.map(|tip| tip.to_string()),
        is_merged,
        workspace,
        ..PlanExecution::of(plan, at.plan.title, (pointer.run, run), state, tasks)
    }))
}

impl ExecutionState {
    fn of(run: &PlanRun, is_driven: bool, tasks: &[ExecutedTask]) -> Self {
        match run.stopped {
            _ if is_driven => Self::Running,
            _ if tasks.iter().all(|task| task.status.is_end()) => Self::Completed,
            Some(StopReason::WaitsForPerson) => Self::Waiting,
            _ => Self::Interrupted,
        }
    }
}

impl PlanExecution {
    /// Counts the tasks. Where its branch ends, and where the working trees are, is not known yet.
    fn of(
        plan: &PlanId,
        title: String,
        (id, run): (String, PlanRun),
        state: ExecutionState,
        tasks: Vec<ExecutedTask>,
    ) -> Self {
        let count = |state: PlanTaskState| tasks.iter().filter(|task| task.status == state).count();
        Self {
            plan: plan.to_string(),
            title,
            run: id,
            state,
            branch: short(&run.branch).to_owned(),
            commit: None,
            is_merged: false,
            workspace: String::new(),
            base: run.base,
            by: run.by,
            agent: run.agent,
            created: run.created,
            latest: run.latest,
            total: tasks.len(),
            completed: count(PlanTaskState::Completed),
            failed: count(PlanTaskState::Failed),
            skipped: count(PlanTaskState::Skipped),
            reverted: count(PlanTaskState::Reverted),
            waiting: count(PlanTaskState::Waiting),
            tasks,
            interrupted: false,
        }
    }
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

/// What the branch of a plan has of its tasks, and HEAD does not have yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanBranch {
    /// The branch.
    pub branch: String,
    /// The tasks, and how many of them are done there.
    pub tasks: CountView,
}

/// Says how far the execution of a plan is that was started on this machine, and what its branch has that HEAD does not have;
/// none where none was.
pub(in crate::ops) fn progress_here(
    session: &Session<'_>,
    plan: &PlanId,
) -> Result<Option<(PlanProgress, Option<PlanBranch>)>> {
    let Some(execution) = execution_of(session, plan)? else { return Ok(None) };
    let progress = match execution.state {
        ExecutionState::Completed if execution.reverted == 0 => PlanProgress::Ended,
        _ => PlanProgress::Started,
    };
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let tasks = CountView { done: count(execution.completed), total: count(execution.total) };
    let is_news = execution.completed > 0 && !execution.is_merged;
    Ok(Some((progress, is_news.then_some(PlanBranch { branch: execution.branch, tasks }))))
}
