//! Task runs: tasks that go through the pipeline together. A task says in its own file which run it is part of; the run's
//! record contains what does not follow from its tasks.

mod brief;
mod decide;
mod drive;
mod judge;
mod progress;
mod start;

use schemars::JsonSchema;
use serde::Serialize;

use super::found::{Meant, RecordFile, ambiguous, find_run, meant, record_files};
use crate::doc::{Document, decide_task_run, is_task_run, read_run, read_task_run};
use crate::model::{
    Problem, RecordPath, RunId, Suggestion, Task, TaskId, TaskRun, TaskRunChange, TaskRunDecision,
    TaskRunState,
};
use crate::ops::fields::reason;
use crate::ops::{Error, Result, Session, Written};
use crate::store::{Change, Snapshot, Tasks};

pub(in crate::ops) use brief::Predecessor;
pub(in crate::ops) use decide::{Decider, Decision, ExecutorRules, Losses, OwnPlace};
pub(crate) use drive::{Ask, DriveRequest, TaskDrive, TaskObserver, Trigger, drive_tasks};
pub(in crate::ops) use judge::{Judgement, judge};
pub(in crate::ops) use progress::attempt_logs;
pub(crate) use progress::{
    RunTask, TaskRunLine, TaskRunView, TaskWait, list_task_runs, run_progress, task_run_logs, why_task,
};
pub(crate) use start::{TaskRunRequest, TaskRunStarted, start_task_run};

/// A task run whose state a person has changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TaskRunDecided {
    /// Its id.
    pub run: String,
    /// What happened, in one line.
    pub message: String,
    /// What was written.
    pub written: Written,
}

/// Returns the task runs of a snapshot, the oldest first, and what is wrong with the records of others.
pub(in crate::ops) fn task_runs(snapshot: &Snapshot) -> Result<(Vec<TaskRun>, Vec<Problem>)> {
    let (mut runs, mut problems) = (Vec::new(), Vec::new());
    let is_record = |file: &RecordFile| RecordPath::parse(&file.path).is_some() && is_task_run(&file.bytes);
    for RecordFile { id, path, bytes } in record_files(snapshot)?.into_iter().filter(is_record) {
        match read_task_run(&id, &bytes) {
            Ok(run) => runs.push(run),
            Err(found) => problems.extend(found.into_iter().map(|problem| problem.in_file(&path))),
        }
    }
    runs.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    Ok((runs, problems))
}

/// Finds the task run that a part of an id names, or the newest.
pub(in crate::ops) fn find_task_run(session: &Session<'_>, given: Option<&str>) -> Result<TaskRun> {
    let (mut runs, problems) = task_runs(session.snapshot())?;
    let Some(given) = given else {
        return runs.pop().ok_or_else(|| match problems.is_empty() {
            true => Error::not_found("there are no task runs", "start one: tracker run start --tasks ID,ID"),
            false => Error::Broken(problems),
        });
    };
    let query = given.to_ascii_uppercase();
    match meant(given, runs.iter().map(|run| run.id.as_str())) {
        Meant::One(at) => Ok(runs.swap_remove(at)),
        Meant::None if is_of_workflow(session, &query)? => Err(Error::usage_with(
            format!("{query} is the run of a workflow, and has no tasks"),
            Suggestion::tracker(["run", "status", &query]).to_string(),
        )),
        Meant::None if !problems.is_empty() => Err(Error::Broken(problems)),
        Meant::None => Err(Error::not_found(
            format!("no task run matches `{}`", given.escape_debug()),
            "run `tracker run list` to see all runs",
        )),
        Meant::Several(names) => Err(ambiguous(given, "task runs", &names)),
    }
}

fn is_of_workflow(session: &Session<'_>, id: &str) -> Result<bool> {
    let Some(path) = RunId::parse(id).ok().and_then(|id| RecordPath::run(&id)).map(String::from) else {
        return Ok(false);
    };
    let bytes = session.snapshot().read(&path)?;
    Ok(bytes.is_some_and(|bytes| read_run(id, &bytes).is_ok()) || find_run(session, Some(id)).is_ok())
}

/// Returns the task run that is meant where a command takes any run: none where that is a workflow's.
pub fn task_run_meant(session: &Session<'_>, given: Option<&str>) -> Result<Option<String>> {
    let is_local = find_run(session, given).is_ok();
    match find_task_run(session, given) {
        Ok(run) if given.is_some() || !is_local => Ok(Some(run.id)),
        _ => Ok(None),
    }
}

/// Cancels a task run, or lets it go on. Nothing is deleted, and its tasks stay as they are.
pub fn decide_run(
    session: &Session<'_>,
    given: &str,
    state: TaskRunDecision,
    why: Option<&str>,
) -> Result<TaskRunDecided> {
    let why = why.map(reason).transpose()?.filter(|why| !why.is_empty());
    let by = session.actor()?;
    let locked = session.lock(&format!("run {} {given}", state.as_str()))?;
    let run = find_task_run(session, Some(given))?;
    let message = match (state, run.cancelled()) {
        (TaskRunDecision::Cancelled, Some(change)) => {
            return Err(Error::usage(format!("{} was cancelled by {}", run.id, change.by)));
        }
        (TaskRunDecision::Resumed, None) => {
            let hint =
                format!("see what it waits for: {}", Suggestion::tracker(["run", "progress", &run.id]));
            return Err(Error::usage_with(format!("{} is not cancelled", run.id), hint));
        }
        (TaskRunDecision::Cancelled, None) if has_ended(session, &run)? => {
            let message = format!("{} is completed", run.id);
            return Err(Error::usage_with(message, "there is nothing to cancel"));
        }
        (TaskRunDecision::Cancelled, None) => "is cancelled; its tasks stay as they are".to_owned(),
        (TaskRunDecision::Resumed, Some(_)) => "goes on".to_owned(),
    };
    let path = RecordPath::run(&run.run_id()).map(String::from).unwrap_or_default();
    let bytes = session.snapshot().read(&path)?.unwrap_or_default();
    let document = Document::yaml(&bytes).map_err(Error::Broken)?;
    let change = TaskRunChange { at: session.env().now(), by, state, why };
    let after = document
        .edit(&[decide_task_run(&change)])
        .map_err(|problem| Error::Broken(vec![problem.in_file(&path)]))?;
    let changes = [Change::replace(&path, document.text(), after)];
    let written = session.finish(&locked, &changes, Vec::new())?;
    Ok(TaskRunDecided { run: run.id, message, written })
}

/// Whether nothing drives a task run any more: it is completed or cancelled, or there is no record of it.
pub(super) fn task_run_has_ended(session: &Session<'_>, id: &RunId) -> Result<bool> {
    let (runs, problems) = task_runs(session.snapshot())?;
    match runs.iter().find(|run| run.id == id.as_str()) {
        Some(run) => Ok(run.cancelled().is_some() || has_ended(session, run)?),
        None => Ok(problems.is_empty()),
    }
}

/// Whether every task of a run is complete, and HEAD has that.
fn has_ended(session: &Session<'_>, run: &TaskRun) -> Result<bool> {
    let (config, _) = session.config_or_default();
    let tasks = tasks_of(session, &run.id, &mut Vec::new())?;
    let repository = session.workspace().repository()?;
    let progress = progress::progress_of(session, &repository, &config, run, &tasks);
    Ok(progress.state == TaskRunState::Completed)
}

/// Returns the id of a run whose tasks are queued, and whether it is cancelled, which is then among the problems: it queues
/// none.
pub(in crate::ops) fn queued_of_run(
    session: &Session<'_>,
    given: &str,
    problems: &mut Vec<Problem>,
) -> Result<(String, bool)> {
    let run = find_task_run(session, Some(given))?;
    if let Some(change) = run.cancelled() {
        let resume = Suggestion::tracker(["run", "resume", &run.id]).to_string();
        let message = format!("{} was cancelled by {}: it queues no tasks", run.id, change.by);
        problems.push(Problem::warning(message).with_hint(resume));
    }
    Ok((run.id.clone(), run.cancelled().is_some()))
}

/// Returns the ids of the runs that tasks can join, the oldest first.
pub(in crate::ops) fn open_runs(snapshot: &Snapshot) -> Result<Vec<String>> {
    let (runs, _) = task_runs(snapshot)?;
    Ok(runs.into_iter().filter(|run| run.cancelled().is_none()).map(|run| run.id).collect())
}

/// Finds the run that a task is to join.
pub(in crate::ops) fn run_to_join(session: &Session<'_>, given: &str) -> Result<String> {
    let run = find_task_run(session, Some(given))?;
    match run.cancelled() {
        None => Ok(run.id),
        Some(change) => {
            let resume = Suggestion::tracker(["run", "resume", &run.id]);
            Err(Error::usage_with(format!("{} was cancelled by {}", run.id, change.by), resume.to_string()))
        }
    }
}

/// Returns the tasks of a run, in the order of their ids; what cannot be read is added to the problems.
pub(in crate::ops) fn tasks_of(
    session: &Session<'_>,
    run: &str,
    problems: &mut Vec<Problem>,
) -> Result<Vec<Task>> {
    let all = session.snapshot().tasks()?;
    problems.extend(unreadable(&all));
    tasks_among(session, &all, run)
}

/// Returns what keeps tasks from being read.
fn unreadable(all: &Tasks) -> impl Iterator<Item = Problem> {
    let (_, found) = all.select(|_| false);
    found.into_iter().filter(|problem| problem.severity == crate::model::Severity::Error)
}

fn tasks_among(session: &Session<'_>, all: &Tasks, run: &str) -> Result<Vec<Task>> {
    let (selected, _) = all.select(|task| task.run == Some(run));
    let ids: Vec<TaskId> = selected.iter().filter_map(|task| TaskId::parse(task.id).ok()).collect();
    let mut tasks = Vec::with_capacity(ids.len());
    for id in ids {
        tasks.extend(session.snapshot().readable_task(&id)?);
    }
    Ok(tasks)
}
