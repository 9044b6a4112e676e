//! `run trigger` and `run drive`: the executors of a task run's stages and roles are started, and what they say moves the
//! tasks. They are started because a person says so, from the policy that HEAD has when the command begins: what is edited
//! meanwhile, by an executor too, changes neither.

use schemars::JsonSchema;
use serde::Serialize;

use super::decide::{Decider, Decision, ExecutorRules, Losses, OwnPlace};
use super::judge::{Judgement, judge};
use super::{TaskRunView, TaskWait, find_task_run, run_progress, tasks_of};
use crate::engine::{Execution, Executions, Logged, StopReason, TaskOutcome};
use crate::model::{Duty, Problem, Stage, Suggestion, Task, TaskRun, TaskRunState, first_to_do};
use crate::ops::import_findings::FixTasks;
use crate::ops::moves;
use crate::ops::run::found::run_folder;
use crate::ops::run::start::take_lock;
use crate::ops::{Error, Result, Session};

/// What to drive, and how far.
#[derive(Debug, Clone, Default)]
pub struct DriveRequest {
    /// A part of the run's id; the newest if none.
    pub run: Option<String>,
    /// How often a task may fail until a person is asked.
    pub max_rounds: u32,
    /// Most executors at once.
    pub jobs: usize,
    /// Whether findings of executors' reports become tasks of the run.
    pub create_tasks: bool,
    /// Only the executor of this role, stage or name, once for each task that waits for it.
    pub only: Option<Trigger>,
}

/// What is started by hand.
#[derive(Debug, Clone, Default)]
pub struct Trigger {
    /// A role, a stage, or the name of an executor.
    pub role: String,
    /// Only for these tasks; for all that wait for it if none.
    pub tasks: Vec<String>,
}

/// Who is shown what happens, once it is on disk.
pub type TaskObserver<'e> = Box<dyn FnMut(&Logged) + 'e>;

/// What has come of driving a task run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TaskDrive {
    /// The attempts, in the order in which they began.
    pub attempts: Vec<ExecutionView>,
    /// What only a person can do.
    pub asks: Vec<Ask>,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// Where the run is.
    pub progress: TaskRunView,
}

/// An attempt of an executor at a task.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExecutionView {
    /// The task.
    pub task: String,
    /// Counted from 1, by task.
    pub attempt: u32,
    /// The executor.
    pub executor: String,
    /// The stage that the task was in.
    pub stage: String,
    /// The role that it voted for.
    pub role: Option<String>,
    /// How it ended, such as `exit 1`.
    pub end: Option<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// `passed`, `failed`, `stays` where it passed and the task could not leave its stage, or `void`.
    pub outcome: Option<&'static str>,
    /// What came of it, in one line.
    pub message: Option<String>,
}

/// What only a person can do for a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ask {
    /// The task.
    pub task: String,
    /// Why, and what to do.
    #[serde(flatten)]
    pub wait: TaskWait,
}

impl ExecutionView {
    pub(in crate::ops) fn of(execution: &Execution) -> Self {
        let outcome = execution.outcome.map(|outcome| match outcome {
            TaskOutcome::Passed => "passed",
            TaskOutcome::Failed => "failed",
            TaskOutcome::Stays => "stays",
            TaskOutcome::Void => "void",
        });
        Self {
            task: execution.task.clone(),
            attempt: execution.attempt,
            executor: execution.executor.clone(),
            stage: execution.stage.clone(),
            role: execution.role.clone(),
            end: execution.end.map(|end| end.to_string()),
            millis: execution.millis,
            outcome,
            message: execution.message.clone(),
        }
    }
}

struct Drive<'s, 'e> {
    session: &'s mut Session<'e>,
    run: TaskRun,
    rules: ExecutorRules,
    request: &'s DriveRequest,
    executions: Executions<'e>,
    /// How many attempts there were before.
    before: usize,
    /// Tasks that were tried by hand, once each.
    tried: Vec<String>,
}

/// Drives a task run until it is complete, or only people can go on; or starts one executor by hand.
pub fn drive_tasks<'e>(
    session: &mut Session<'e>,
    request: &DriveRequest,
    observe: TaskObserver<'e>,
) -> Result<(TaskDrive, Vec<Problem>)> {
    let run = find_task_run(session, request.run.as_deref())?;
    if let Some(change) = run.cancelled() {
        let resume = Suggestion::tracker(["run", "resume", &run.id]).to_string();
        return Err(Error::usage_with(format!("{} was cancelled by {}", run.id, change.by), resume));
    }
    let rules = ExecutorRules::read(session)?;
    if let Some(only) = &request.only {
        refuse_unknown(&rules, session, only)?;
    }
    let folder = run_folder(session, &run.run_id());
    std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    let lock = take_lock(&folder, &run.run_id())?;
    let top = session.workspace().work_dir().to_path_buf();
    let timeout = |executor: &str| rules.executor(executor).and_then(|executor| executor.timeout);
    let executions = Executions::open(session.env(), (&folder, &top), lock, observe, timeout)?;
    let before = executions.all.len();
    let mut drive = Drive { session, run, rules, request, executions, before, tried: Vec::new() };
    let asks = drive.go_on();
    drive.session.act_as(None);
    let asks = asks?;
    let interrupted = drive.executions.is_interrupted();
    drive.executions.stop(if interrupted { StopReason::Interrupted } else { StopReason::WaitsForPerson })?;
    let attempts = drive.executions.all[drive.before..].iter().map(ExecutionView::of).collect();
    let id = drive.run.id.clone();
    session.refresh()?;
    let (progress, problems) = run_progress(session, Some(&id))?;
    Ok((TaskDrive { attempts, asks, interrupted, progress }, problems))
}

fn refuse_unknown(rules: &ExecutorRules, session: &Session<'_>, only: &Trigger) -> Result<()> {
    let config = session.config()?;
    let stage = Stage::parse(&only.role);
    let is_known = rules.executors.iter().any(|(name, executor)| {
        *name == only.role
            || executor.serves(name, Duty::Role(&only.role))
            || stage.as_ref().is_some_and(|stage| executor.serves(name, Duty::Stage(stage)))
    });
    if is_known {
        return Ok(());
    }
    let names: Vec<&str> = rules.executors.keys().map(String::as_str).collect();
    let is_role = config.role_names().contains(&only.role.as_str());
    let message = match is_role || stage.is_some_and(|stage| config.has_stage(stage.as_str())) {
        true => format!("no executor of HEAD works for `{}`", only.role),
        false => format!("unknown role `{}`", only.role.escape_debug()),
    };
    Err(Error::usage_with(message, format!("expected a role or stage of one of {}", names.join(", "))))
}

impl Drive<'_, '_> {
    fn go_on(&mut self) -> Result<Vec<Ask>> {
        for at in self.executions.unjudged() {
            self.judge(at)?;
        }
        loop {
            self.session.act_as(None);
            self.session.refresh()?;
            let (asks, has_moved) = match self.executions.is_interrupted() {
                true => (Vec::new(), false),
                false => self.begin()?,
            };
            if has_moved {
                continue;
            }
            if self.executions.running() == 0 {
                return Ok(asks);
            }
            self.executions.wait()?;
            for at in self.executions.unjudged() {
                self.judge(at)?;
            }
        }
    }

    /// Looks at every open task, and starts what can be started. Returns what only people can do, and whether a task has
    /// moved.
    fn begin(&mut self) -> Result<(Vec<Ask>, bool)> {
        let (config, _) = self.session.config_or_default();
        let run = find_task_run(self.session, Some(&self.run.id))?;
        if run.cancelled().is_some() {
            return Ok((Vec::new(), false));
        }
        let mut tasks = tasks_of(self.session, &self.run.id, &mut Vec::new())?;
        tasks.sort_by(|a, b| first_to_do(&a.summary(), &b.summary()));
        let fixes = FixTasks::find(self.session)?;
        let mut asks = Vec::new();
        for task in tasks {
            let is_free = !self.executions.is_running(task.id.as_str());
            if !is_free || task.cancelled.is_some() || task.stage.is_complete() || !self.is_meant(&task)? {
                continue;
            }
            let id = task.id.to_string();
            let facts = self.decider().facts(&config, task)?;
            let losses = Losses { lost: self.executions.lost(&id), most: self.request.max_rounds };
            match self.decider().decide(&config, &facts, &fixes, losses, self.request.only.as_ref()) {
                Decision::Closed | Decision::Waits => {}
                Decision::Moves => match moves::advance(self.session, std::slice::from_ref(&id), None) {
                    Ok(_) => return Ok((Vec::new(), true)),
                    Err(Error::Refused(refusal)) => asks.push(Ask::of_refusal(&id, &refusal)),
                    Err(error) => return Err(error),
                },
                Decision::Works { executor, role } => {
                    if self.executions.running() < self.request.jobs.max(1) {
                        self.tried.push(id);
                        let own = OwnPlace::default();
                        let work = self.decider().work_of(&config, &facts, &executor, role.as_deref(), own);
                        self.executions.start(work)?;
                    }
                }
                Decision::Person(wait) | Decision::Exhausted { wait, .. } => {
                    asks.push(Ask { task: id, wait });
                }
            }
        }
        Ok((asks, false))
    }

    /// Whether a task is among those that are started by hand, where some are.
    fn is_meant(&self, task: &Task) -> Result<bool> {
        let Some(only) = &self.request.only else { return Ok(true) };
        if self.tried.iter().any(|tried| tried == task.id.as_str()) {
            return Ok(false);
        }
        for given in &only.tasks {
            if self.session.resolve(given)? == task.id {
                return Ok(true);
            }
        }
        Ok(only.tasks.is_empty())
    }

    fn decider(&self) -> Decider<'_, '_> {
        Decider {
            session: self.session,
            rules: &self.rules,
            run: &self.run.id,
            executions: &self.executions.all,
            before: self.before,
            forgiven: 0,
        }
    }

    /// Lets what an attempt came to move its task.
    fn judge(&mut self, at: usize) -> Result<()> {
        self.session.refresh()?;
        let execution = self.executions.all[at].clone();
        let lines = self.executions.folder_of(at).last_lines(1);
        self.session.act_as(Some(&execution.executor));
        let report = self.rules.executor(&execution.executor).and_then(|executor| executor.report.clone());
        let Judgement { outcome, message } = judge(
            self.session,
            &execution,
            lines.first().map(String::as_str),
            report.as_deref(),
            self.request.create_tasks,
        )?;
        self.session.act_as(None);
        Ok(self.executions.judge(at, outcome, &message)?)
    }
}

impl Ask {
    pub(in crate::ops) fn of_refusal(task: &str, refusal: &crate::policy::Refusal) -> Self {
        let row = refusal.rows().into_iter().next();
        let fix = row.as_ref().and_then(|row| row.fix.clone());
        let message = row.map(|row| format!("{} {}", row.label, row.message)).unwrap_or_default();
        Self { task: task.to_owned(), wait: TaskWait::new(message, fix) }
    }
}

impl TaskDrive {
    /// Whether the run is complete, or all that was started by hand has passed.
    #[must_use]
    pub fn is_good(&self, is_triggered: bool) -> bool {
        match is_triggered {
            true => {
                !self.interrupted && self.attempts.iter().all(|attempt| attempt.outcome == Some("passed"))
            }
            false => matches!(self.progress.state, TaskRunState::ReadyForCommit | TaskRunState::Completed),
        }
    }
}
