//! Where a task run is: by stage, and by task with what each waits for.

use std::path::Path;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{find_task_run, task_runs, tasks_among, tasks_of, unreadable};
use crate::engine::{AttemptFolder, Execution, Executions};
use crate::facts::{FactsReader, TaskFacts};
use crate::git::Repository;
use crate::model::{Config, Problem, Stage, Suggestion, Task, TaskRun, TaskRunState, first_to_do};
use crate::ops::run::found::run_folder;
use crate::ops::run::view::{RunLogs, logs_of};
use crate::ops::signoffs::next_of;
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, Fix, Missing, Refusal, TaskRunProgress, gate, loops_since, sent_back_from};

/// Where a task run is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TaskRunView {
    /// Its id.
    pub run: String,
    /// What it is for.
    pub title: Option<String>,
    /// Its state: `created`, the earliest stage that a task of it is in, a stage with `_failed` where a task that failed
    /// there was sent back and has not gone on, `ready_for_commit`, `completed` or `cancelled`.
    pub state: TaskRunState,
    /// The earliest stage that a task of it is in; none where all are closed.
    pub stage: Option<Stage>,
    /// How many of the stages of all its tasks are passed, of a hundred.
    pub percent: u32,
    /// How many tasks are complete.
    pub complete: usize,
    /// How many tasks there are, without those that are cancelled.
    pub total: usize,
    /// How many are cancelled.
    pub cancelled_tasks: usize,
    /// How many tasks are in each stage.
    pub stages: Vec<StageTasks>,
    /// How often a task was sent back since the run began.
    pub loops: usize,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// Who created it.
    pub by: String,
    /// The agent that did so for them.
    pub agent: Option<String>,
    /// Who cancelled it, where somebody has.
    pub cancelled: Option<RunCancelled>,
    /// Its tasks: the open ones first, those to do first before others.
    pub tasks: Vec<RunTask>,
}

/// How many tasks are in a stage.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StageTasks {
    /// The stage.
    pub stage: Stage,
    /// How many.
    pub tasks: usize,
}

/// Who cancelled a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunCancelled {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// Why.
    pub why: Option<String>,
}

/// A task of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunTask {
    /// The id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// `critical`, `high`, `medium`, `low`, or as written.
    pub priority: Option<String>,
    /// The stage that it is in.
    pub stage: Stage,
    /// Who works on it.
    pub assignee: Option<String>,
    /// The stage that it was sent back from and has not gone on from since.
    pub sent_back_from: Option<Stage>,
    /// How often it was sent back since the run began.
    pub loops: usize,
    /// Why it will not be done.
    pub cancelled: Option<String>,
    /// What it waits for.
    pub waits_for: Vec<TaskWait>,
}

/// Something that a task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TaskWait {
    /// What, in a few words.
    pub message: String,
    /// The command that brings it forward.
    pub fix: Option<String>,
    /// The only person who can run it.
    pub person: Option<String>,
    /// What to do where no command does it, such as whom to ask.
    pub advice: Option<String>,
}

impl TaskWait {
    pub(in crate::ops) fn new(message: impl Into<String>, fix: Option<Fix>) -> Self {
        let (mut command, mut person, mut advice) = (None, None, None);
        match fix {
            Some(Fix::Run(suggestion)) => command = Some(suggestion.to_string()),
            Some(Fix::RunAs { person: only, command: suggestion }) => {
                (command, person) = (Some(suggestion.to_string()), Some(only));
            }
            Some(Fix::Advice(text)) => advice = Some(text),
            None => {}
        }
        Self { message: message.into(), fix: command, person, advice }
    }
}

/// A task run in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TaskRunLine {
    /// Its id.
    pub run: String,
    /// What it is for.
    pub title: Option<String>,
    /// Its state, as `run progress` says it.
    pub state: TaskRunState,
    /// How many of the stages of all its tasks are passed, of a hundred.
    pub percent: u32,
    /// How many tasks are complete.
    pub complete: usize,
    /// How many tasks there are, without those that are cancelled.
    pub total: usize,
    /// When it was created.
    pub created: DateTime<Utc>,
}

/// Says where a task run is.
pub fn run_progress(session: &Session<'_>, given: Option<&str>) -> Result<(TaskRunView, Vec<Problem>)> {
    let run = find_task_run(session, given)?;
    let (config, mut problems) = session.config_or_default();
    let tasks = tasks_of(session, &run.id, &mut problems)?;
    let repository = session.workspace().repository()?;
    let progress = progress_of(session, &repository, &config, &run, &tasks);
    let reader = session.facts(&repository, &config)?;
    let executions = Executions::read(&run_folder(session, &run.run_id()))?;
    let mut lines = Vec::with_capacity(tasks.len());
    let is_driven = run.cancelled().is_none();
    let mut ordered = tasks;
    ordered.sort_by(|a, b| {
        let (a, b) = (a.summary(), b.summary());
        a.is_closed().cmp(&b.is_closed()).then_with(|| first_to_do(&a, &b))
    });
    for task in ordered {
        let mut line = line_of(session, &config, &reader, &run, task, is_driven)?;
        let last = executions.iter().rev().find(|own| own.task == line.id).filter(|own| own.is_alive());
        if let Some(alive) = last {
            let logs = Suggestion::tracker(["run", "logs", &run.id, &line.id]);
            let message = format!("{} works on it, attempt {}", alive.executor, alive.attempt);
            line.waits_for = vec![TaskWait::new(message, Some(Fix::Run(logs)))];
        }
        lines.push(line);
    }
    let cancelled = run.cancelled().map(|change| RunCancelled {
        at: change.at,
        by: change.by.clone(),
        why: change.why.clone(),
    });
    let stages = progress.stages.into_iter().map(|(stage, tasks)| StageTasks { stage, tasks });
    let view = TaskRunView {
        state: progress.state,
        stage: progress.stage,
        percent: progress.percent,
        complete: progress.complete,
        total: progress.total,
        cancelled_tasks: progress.cancelled,
        stages: stages.collect(),
        loops: progress.loops,
        created: run.created,
        cancelled,
        tasks: lines,
        run: run.id,
        title: run.title,
        by: run.by,
        agent: run.agent,
    };
    Ok((view, problems))
}

/// Works out where a run is, given its tasks.
pub(in crate::ops::run) fn progress_of(
    session: &Session<'_>,
    repository: &Repository,
    config: &Config,
    run: &TaskRun,
    tasks: &[Task],
) -> TaskRunProgress {
    TaskRunProgress::of(tasks, config, run.created, run.cancelled().is_some(), || {
        !session.snapshot().is_work_tree() || is_committed(session, repository, tasks).unwrap_or(false)
    })
}

/// Whether HEAD has every task of a run as complete or cancelled.
fn is_committed(session: &Session<'_>, repository: &Repository, tasks: &[Task]) -> Result<bool> {
    let Some(head) = repository.head()?.commit else { return Ok(false) };
    let snapshot = session.workspace().snapshot_of_commit(Some(head))?;
    for task in tasks.iter().filter(|task| task.cancelled.is_none()) {
        let committed = snapshot.readable_task(&task.id)?;
        if !committed.is_some_and(|task| task.stage.is_complete()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn line_of(
    session: &Session<'_>,
    config: &Config,
    reader: &FactsReader<'_>,
    run: &TaskRun,
    task: Task,
    is_driven: bool,
) -> Result<RunTask> {
    let is_closed = task.cancelled.is_some() || task.stage.is_complete();
    let (loops, sent_back) = (loops_since(&task, run.created), sent_back_from(&task).cloned());
    let line = |task: &Task, waits_for: Vec<TaskWait>| RunTask {
        id: task.id.to_string(),
        title: task.title.clone(),
        priority: task.priority.as_ref().map(|priority| priority.as_str().to_owned()),
        stage: task.stage.clone(),
        assignee: task.assignee.clone(),
        sent_back_from: sent_back.clone(),
        loops,
        cancelled: task.cancelled.clone(),
        waits_for,
    };
    if is_closed || !is_driven {
        return Ok(line(&task, Vec::new()));
    }
    let facts = reader.task(task)?;
    let signoffs = facts.signoffs(config);
    let actor = session.actor().unwrap_or_default();
    let agent = session.agent();
    let case = facts.case(config, &signoffs, (actor.as_str(), agent.as_deref()), session.env().now());
    let missing = gate(&case).missing;
    let waits = match missing.is_empty() {
        true => vec![work(config, &facts.task)],
        false => missing.into_iter().map(|missing| wait(session, config, &facts, missing)).collect(),
    };
    Ok(line(&facts.task, waits))
}

/// Says what a task waits for of which nothing is missing but somebody's work.
pub(super) fn work(config: &Config, task: &Task) -> TaskWait {
    let id = task.id.as_str();
    let (message, verb) = match config.signoffs_of(task.stage.as_str()).is_empty() {
        _ if task.stage.is_none() => ("is ready to start".to_owned(), "start"),
        false => (format!("has all approvals of {}", task.stage), "advance"),
        true => (format!("work in {}", task.stage), "advance"),
    };
    TaskWait::new(message, Some(Fix::Run(Suggestion::tracker([verb, id]))))
}

pub(super) fn wait(session: &Session<'_>, config: &Config, facts: &TaskFacts, missing: Missing) -> TaskWait {
    let own = next_of(session, config, facts, &missing);
    let attempt = Attempt::Leave { task: facts.task.id.clone(), stage: facts.task.stage.clone() };
    let refusal = Refusal::missing(attempt, vec![missing]);
    let row = refusal.rows().into_iter().next();
    let fix = own.or_else(|| row.as_ref().and_then(|row| row.fix.clone()));
    let message = row.map(|row| format!("{} {}", row.label, row.message)).unwrap_or_default();
    TaskWait::new(message, fix)
}

/// Lists the task runs, the newest first.
pub fn list_task_runs(session: &Session<'_>) -> Result<(Vec<TaskRunLine>, Vec<Problem>)> {
    let (runs, mut problems) = task_runs(session.snapshot())?;
    if runs.is_empty() {
        return Ok((Vec::new(), problems));
    }
    let (config, _) = session.config_or_default();
    let repository = session.workspace().repository()?;
    let mut lines = Vec::with_capacity(runs.len());
    let all = session.snapshot().tasks()?;
    problems.extend(unreadable(&all));
    for run in runs.iter().rev() {
        let tasks = tasks_among(session, &all, &run.id)?;
        let progress = progress_of(session, &repository, &config, run, &tasks);
        lines.push(TaskRunLine {
            run: run.id.clone(),
            title: run.title.clone(),
            state: progress.state,
            percent: progress.percent,
            complete: progress.complete,
            total: progress.total,
            created: run.created,
        });
    }
    Ok((lines, problems))
}

/// Says what a task of a run waits for, in one sentence.
pub fn why_task(session: &Session<'_>, run: &str, task: &str) -> Result<(String, String)> {
    let (view, _) = run_progress(session, Some(run))?;
    let id = session.resolve(task)?;
    let Some(own) = view.tasks.iter().find(|own| own.id == id.as_str()) else {
        let hint = Suggestion::tracker(["set", id.as_str(), &format!("run={}", view.run)]).to_string();
        return Err(Error::not_found(format!("{id} is no task of {}", view.run), hint));
    };
    let waits: Vec<&str> = own.waits_for.iter().map(|wait| wait.message.as_str()).collect();
    let back = own.sent_back_from.as_ref().map(|from| format!("sent back from {from}; ")).unwrap_or_default();
    let why = match (&own.cancelled, waits.is_empty()) {
        (Some(why), _) => format!("cancelled: {why}"),
        (None, true) if own.stage.is_complete() => "complete".to_owned(),
        (None, true) => format!("in {}; the run is cancelled", own.stage),
        (None, false) => format!("{back}in {}: {}", own.stage, waits.join("; ")),
    };
    Ok((own.id.clone(), why))
}

/// Returns the last lines that an attempt at a task has printed: of the last one, of the task that was tried last where none
/// is named.
pub fn task_run_logs(
    session: &Session<'_>,
    run: &str,
    task: Option<&str>,
    attempt: Option<u32>,
    lines: usize,
) -> Result<RunLogs> {
    let run = find_task_run(session, Some(run))?;
    let folder = run_folder(session, &run.run_id());
    let hint = format!("start one: {}", Suggestion::tracker(["run", "drive", &run.id]));
    attempt_logs(session, (&run.id, &folder), (task, attempt), lines, hint)
}

/// Returns the last lines that an attempt at a task has printed, in a run whose attempts are at tasks. The hint says what
/// brings one that is there.
pub(in crate::ops) fn attempt_logs(
    session: &Session<'_>,
    (run, folder): (&str, &Path),
    (task, attempt): (Option<&str>, Option<u32>),
    lines: usize,
    hint: String,
) -> Result<RunLogs> {
    let task = task.map(|task| session.resolve(task)).transpose()?;
    let executions = Executions::read(folder)?;
    let is_meant = |own: &&Execution| {
        task.as_ref().is_none_or(|task| own.task == task.as_str())
            && attempt.is_none_or(|number| own.attempt == number)
    };
    let Some(last) = executions.iter().rev().find(is_meant) else {
        let of = task.map_or_else(|| run.to_owned(), |task| format!("{task} in {run}"));
        return Err(Error::not_found(format!("there is no such attempt at {of} here"), hint));
    };
    let left = AttemptFolder::of(folder, &last.task, last.attempt);
    logs_of(run, &last.task, last.attempt, &left, lines)
}
