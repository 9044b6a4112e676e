//! `run trigger` and `run drive`: the executors of a task run's stages and roles are started, and what they say moves the
//! tasks. They are started because a person says so, from the policy that HEAD has when the command begins: what is edited
//! meanwhile, by an executor too, changes neither.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::brief::{BriefOf, brief};
use super::judge::{Judgement, judge};
use super::{TaskRunView, TaskWait, find_task_run, run_progress, tasks_of};
use crate::engine::{Execution, Executions, Logged, StopReason, TaskOutcome, Work};
use crate::facts::TaskFacts;
use crate::model::{
    AttemptEnd, Config, Duty, Executor, Problem, RecordKind, RecordPath, RoleGuide, Stage, Suggestion, Task,
    TaskRun, TaskRunState, executor_for, first_to_do,
};
use crate::ops::import_findings::FixTasks;
use crate::ops::moves;
use crate::ops::run::found::run_folder;
use crate::ops::run::start::take_lock;
use crate::ops::{Error, Result, Session};
use crate::policy::{Fix, Missing, gate, sent_back_from};
use crate::store::Snapshot;

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

/// What HEAD says of executors and roles when driving begins.
pub(super) struct Rules {
    executors: BTreeMap<String, Executor>,
    guides: BTreeMap<String, RoleGuide>,
}

impl Rules {
    fn read(session: &Session<'_>) -> Result<Self> {
        let head = session.workspace().repository()?.head()?.commit;
        let committed = head.map(|head| session.workspace().snapshot_of_commit(Some(head))).transpose()?;
        let config = committed.as_ref().map(|snapshot| snapshot.config()).transpose()?;
        let executors = config.map(|(config, _)| config.executors).unwrap_or_default();
        if executors.is_empty() {
            let file = RecordKind::Config.file();
            let hint = match session.config()?.executors.is_empty() {
                true => {
                    "add [executors.dev] with command = [\"program\"] to the configuration: tracker help config"
                }
                false => "commit the configuration: commands are taken from HEAD",
            };
            return Err(Error::usage_with(format!("{file} of HEAD has no executors"), hint));
        }
        let guides = committed.as_ref().map_or_else(|| Ok(Vec::new()), guides_of)?;
        let guides = guides.into_iter().map(|guide| (guide.role.clone(), guide)).collect();
        Ok(Self { executors, guides })
    }

    pub(super) fn executor(&self, name: &str) -> Option<&Executor> {
        self.executors.get(name)
    }
}

fn guides_of(snapshot: &Snapshot) -> Result<Vec<RoleGuide>> {
    Ok(snapshot.roles()?.0)
}

/// What is done about a task now.
enum Decision {
    /// Nothing is left to do.
    Closed,
    /// It goes on by itself: it waits for another task of the run.
    Waits,
    /// It can enter its first stage, or leave one.
    Moves,
    /// An executor works on it.
    Works { executor: String, role: Option<String> },
    /// Only a person can bring it forward.
    Person(TaskWait),
}

struct Drive<'s, 'e> {
    session: &'s mut Session<'e>,
    run: TaskRun,
    rules: Rules,
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
    let rules = Rules::read(session)?;
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

fn refuse_unknown(rules: &Rules, session: &Session<'_>, only: &Trigger) -> Result<()> {
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
            let facts = self.facts(&config, task)?;
            match self.decide(&config, &facts, &fixes) {
                Decision::Closed | Decision::Waits => {}
                Decision::Moves => match moves::advance(self.session, std::slice::from_ref(&id), None) {
                    Ok(_) => return Ok((Vec::new(), true)),
                    Err(Error::Refused(refusal)) => asks.push(Ask::of_refusal(&id, &refusal)),
                    Err(error) => return Err(error),
                },
                Decision::Works { executor, role } => {
                    if self.executions.running() < self.request.jobs.max(1) {
                        self.start(&config, &facts, &executor, role.as_deref())?;
                    }
                }
                Decision::Person(wait) => asks.push(Ask { task: id, wait }),
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

    fn facts(&self, config: &Config, task: Task) -> Result<TaskFacts> {
        let repository = self.session.workspace().repository()?;
        Ok(self.session.facts(&repository, config)?.task(task)?)
    }

    fn missing(&self, config: &Config, facts: &TaskFacts) -> Vec<Missing> {
        let signoffs = facts.signoffs(config);
        let actor = self.session.actor().unwrap_or_default();
        gate(&facts.case(config, &signoffs, (actor.as_str(), None), self.session.env().now())).missing
    }

    fn decide(&self, config: &Config, facts: &TaskFacts, fixes: &FixTasks) -> Decision {
        let task = &facts.task;
        let id = task.id.as_str();
        let missing = self.missing(config, facts);
        for missing in &missing {
            match missing {
                Missing::Cancelled | Missing::Completed => return Decision::Closed,
                Missing::WaitsFor { .. } => return Decision::Waits,
                Missing::Blocked(_) | Missing::UnknownStage { .. } => {
                    return Decision::Person(super::progress::wait(
                        self.session,
                        config,
                        facts,
                        missing.clone(),
                    ));
                }
                _ => {}
            }
        }
        if task.stage.is_none() {
            return if self.request.only.is_some() { Decision::Waits } else { Decision::Moves };
        }
        let open = facts.findings.iter().filter(|finding| finding.state().is_open());
        let is_being_fixed = |finding| fixes.open_fix_of(finding).is_some_and(|fix| fix != id);
        if sent_back_from(task).is_some() && open.into_iter().any(is_being_fixed) {
            return Decision::Waits;
        }
        let work = self.work(config, task, &missing);
        match (&self.request.only, work) {
            (Some(only), Some((executor, role))) => {
                let is_it =
                    executor == only.role || role.as_deref().unwrap_or(task.stage.as_str()) == only.role;
                if is_it { Decision::Works { executor, role } } else { Decision::Waits }
            }
            (Some(_), None) => Decision::Waits,
            (None, Some(_)) if self.executions.lost(id) >= self.request.max_rounds => self.exhausted(task),
            (None, Some((executor, role))) => self.unless_broken(task, executor, role),
            (None, None) => self.for_person(config, facts, missing),
        }
    }

    /// Returns the executor that the task waits for, and the role that it is to vote for.
    fn work(&self, config: &Config, task: &Task, missing: &[Missing]) -> Option<(String, Option<String>)> {
        let kind = task.kind.as_deref();
        let of_visit = || self.executions.of(task.id.as_str()).filter(|own| own.moves == task.history.len());
        let is_done = of_visit().any(|own| own.role.is_none() && own.outcome == Some(TaskOutcome::Passed));
        let of_stage = executor_for(&self.rules.executors, Duty::Stage(&task.stage), kind);
        if let Some((executor, _)) = of_stage.filter(|_| !is_done) {
            return Some((executor.to_owned(), None));
        }
        let roles = missing.iter().filter_map(|missing| match missing {
            Missing::Signoff { role, .. } | Missing::Rejected { role, .. } => Some(role),
            _ => None,
        });
        let has_voted = |role: &str| {
            of_visit()
                .any(|own| own.role.as_deref() == Some(role) && own.outcome == Some(TaskOutcome::Passed))
        };
        let mut open = roles.filter(|role| {
            let is_for_people = config.role(role).rules.people_only;
            !has_voted(role) && !is_for_people
        });
        open.find_map(|role| {
            let (executor, _) = executor_for(&self.rules.executors, Duty::Role(role), kind)?;
            Some((executor.to_owned(), Some(role.clone())))
        })
    }

    fn exhausted(&self, task: &Task) -> Decision {
        let lost = self.executions.lost(task.id.as_str());
        let last = self.executions.of(task.id.as_str()).next_back();
        let why = last.and_then(|last| last.message.clone()).unwrap_or_default();
        let times = if lost == 1 { "once".to_owned() } else { format!("{lost} times") };
        let logs = Suggestion::tracker(["run", "logs", &self.run.id, task.id.as_str()]);
        let message = format!("failed {times}, and a person must look: {why}");
        Decision::Person(TaskWait::new(message, Some(Fix::Run(logs))))
    }

    /// Does not start again what could not be started at all in this stage.
    fn unless_broken(&self, task: &Task, executor: String, role: Option<String>) -> Decision {
        let mut recent = self.executions.all.iter().skip(self.before);
        let last = recent.rfind(|own| own.task == task.id.as_str());
        let is_broken = last.is_some_and(|own| own.executor == executor && own.end.is_some_and(cannot_run));
        if is_broken { self.exhausted(task) } else { Decision::Works { executor, role } }
    }

    /// Says what a person can do for a task that no executor works on.
    fn for_person(&self, config: &Config, facts: &TaskFacts, missing: Vec<Missing>) -> Decision {
        let wait = match missing.into_iter().next() {
            Some(missing) => super::progress::wait(self.session, config, facts, missing),
            None if config.signoffs_of(facts.task.stage.as_str()).is_empty() => {
                let advance = Suggestion::tracker(["advance", facts.task.id.as_str()]);
                let message = format!("no executor works for {}", facts.task.stage);
                TaskWait::new(message, Some(Fix::Run(advance)))
            }
            None => super::progress::work(config, &facts.task),
        };
        Decision::Person(wait)
    }

    fn start(
        &mut self,
        config: &Config,
        facts: &TaskFacts,
        executor: &str,
        role: Option<&str>,
    ) -> Result<()> {
        let task = &facts.task;
        self.tried.push(task.id.to_string());
        let rules = self.rules.executor(executor).cloned().unwrap_or_default();
        let place = role.unwrap_or(task.stage.as_str());
        let guide = self.rules.guides.get(place).or_else(|| self.rules.guides.get(executor));
        let missing = self.missing(config, facts);
        let last = self.executions.of(task.id.as_str()).next_back();
        let last = last.filter(|last| matches!(last.outcome, Some(TaskOutcome::Stays | TaskOutcome::Failed)));
        let text = brief(&BriefOf {
            run: &self.run,
            facts,
            role,
            prompt: guide.map(|guide| guide.prompt.as_str()),
            checklist: guide.map(|guide| guide.checklist.as_slice()).unwrap_or_default(),
            missing: &missing,
            last: last.and_then(|last| last.message.as_deref()),
        });
        let mut variables = vec![
            ("TRACKER_RUN", self.run.id.clone()),
            ("TRACKER_TASK", task.id.to_string()),
            ("TRACKER_TASK_FILE", RecordPath::task_file(&task.id)),
            ("TRACKER_STAGE", task.stage.to_string()),
            ("TRACKER_FILES", task.files.join("\n")),
            ("TRACKER_AGENT", executor.to_owned()),
        ];
        variables.extend(role.map(|role| ("TRACKER_ROLE", role.to_owned())));
        self.executions.start(Work {
            task: task.id.to_string(),
            executor: executor.to_owned(),
            stage: task.stage.to_string(),
            role: role.map(str::to_owned),
            moves: task.history.len(),
            command: rules.command,
            variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            brief: text,
            timeout: rules.timeout,
        })?;
        Ok(())
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

/// Whether an attempt has ended because there is no such program, or it is none.
fn cannot_run(end: AttemptEnd) -> bool {
    matches!(end, AttemptEnd::Broken | AttemptEnd::Exit(125..=127))
}

impl Ask {
    fn of_refusal(task: &str, refusal: &crate::policy::Refusal) -> Self {
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
