//! Runs as they are shown: one with its steps, all of them as lines, what an attempt has printed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::elsewhere::view_of_record;
use super::found::{FoundRun, Located, RecordFile, find_run, locate, look_at, record_files, run_ids};
use super::record::{durations, errors};
use super::tasks::{TaskRunLine, list_task_runs};
use super::why::{find_step, run_and_step, sentence};
use crate::doc::{AnyRun, read_any_run};
use crate::engine::{AttemptFolder, Run, SkipReason, StopReason};
use crate::git::{open_regular, read_regular};
use crate::model::{
    Action, ErrorRecord, Problem, RunRecord, RunState, StepRecord, StepState, Suggestion, digest_of,
};
use crate::ops::plan_execution::plan_runs;
use crate::ops::workflows::{QuestionView, levels};
use crate::ops::{Error, Result, Session};

/// Why a run that has not ended is on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunHold {
    /// Somebody paused it.
    Paused,
    /// Only a person can go on.
    WaitsForPerson,
    /// It goes on when a task is where it must be.
    WaitsForTask,
    /// A person has answered, and nothing drives it since.
    Answered,
    /// Its engine has ended before it.
    Interrupted,
}

impl RunHold {
    /// Returns it as data has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::WaitsForPerson => "waits_for_person",
            Self::WaitsForTask => "waits_for_task",
            Self::Answered => "answered",
            Self::Interrupted => "interrupted",
        }
    }

    pub(super) fn of(run: &Run) -> Option<Self> {
        Some(match run.stopped? {
            StopReason::Paused => Self::Paused,
            StopReason::WaitsForPerson if !run.asks_person() => Self::Answered,
            StopReason::WaitsForPerson => Self::WaitsForPerson,
            StopReason::WaitsForTask => Self::WaitsForTask,
            StopReason::Interrupted => Self::Interrupted,
        })
    }
}

/// Whether a workflow's file is what a run was started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Revision {
    /// It is.
    Current,
    /// The file has changed since.
    Behind,
    /// The file is not there any more.
    Gone,
}

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunView {
    /// Its id.
    pub run: String,
    /// The name of its workflow.
    pub workflow: String,
    /// The path of the workflow's file.
    pub path: String,
    /// SHA-256 of the document that it runs, which is frozen.
    pub digest: String,
    /// Whether that is what the file contains now.
    pub revision: Revision,
    /// Whether its log is here, so that it can be gone on with or retried; of others there is only the record.
    pub here: bool,
    /// Where it ran, such as `gitlab`; none where that is here.
    pub place: Option<String>,
    /// Its address there.
    pub url: Option<String>,
    /// Its state.
    pub state: RunState,
    /// Why it is on hold, where it is.
    pub hold: Option<RunHold>,
    /// Who paused it, where somebody has.
    pub paused_by: Option<String>,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// How long it has taken, in milliseconds.
    pub millis: u64,
    /// Who started it.
    pub by: String,
    /// The agent that did so for them.
    pub agent: Option<String>,
    /// The task that it is for, as its steps are given it.
    pub task: Option<String>,
    /// Most steps that run at once.
    pub jobs: u32,
    /// The values of its parameters.
    pub params: std::collections::BTreeMap<String, String>,
    /// Its steps, in the order of the workflow.
    pub steps: Vec<StepLine>,
    /// What has failed, attempt by attempt.
    pub errors: Vec<ErrorRecord>,
}

/// A step of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StepLine {
    /// Its name.
    pub step: String,
    /// Its state.
    pub state: StepState,
    /// Whether what an earlier run has done was reused.
    pub reused: bool,
    /// How often it was tried again by itself.
    pub retries: u32,
    /// How often it may be.
    pub max_retries: u32,
    /// How long the last attempt took, in milliseconds.
    pub millis: Option<u64>,
    /// How long it is from the start of the first attempt to the end of the last, in milliseconds.
    pub total_millis: Option<u64>,
    /// Why it is in this state, in one sentence.
    pub why: String,
    /// Whether the run fails where it does.
    pub critical: bool,
    /// Whether it is a handler.
    pub handler: bool,
    /// The longest way to it from a step that needs nothing, in steps.
    pub level: usize,
    /// What a person is asked now, where one is.
    pub asks: Option<QuestionView>,
    /// The step that it needs and because of which it could not begin.
    pub blocked_by: Option<String>,
    /// The address of its log, where it ran elsewhere.
    pub log: Option<String>,
    /// Its attempts.
    pub attempts: Vec<AttemptView>,
}

/// An attempt of a step.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AttemptView {
    /// Counted from 1.
    pub attempt: u32,
    /// When it began.
    pub started: DateTime<Utc>,
    /// How it ended, such as `exit 101`; none while it runs.
    pub end: Option<String>,
    /// How long it took, in milliseconds.
    pub millis: Option<u64>,
}

/// Runs, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunsView {
    /// Runs of workflows and of tasks, in one order.
    pub runs: Vec<ListedRun>,
    /// How many there are besides, because of `--limit`.
    pub left_out: usize,
}

/// A run of either kind.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ListedRun {
    /// Of a workflow.
    Workflow(RunLine),
    /// Of tasks.
    Tasks(TaskRunLine),
}

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct RunsRequest {
    /// Most runs; all if none.
    pub limit: Option<usize>,
    /// Only runs of this workflow.
    pub workflow: Option<String>,
    /// Only runs in one of these states, or on hold like this.
    pub states: Vec<String>,
}

/// A run in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunLine {
    /// Its id.
    pub run: String,
    /// The name of its workflow, or the plan that it executes.
    pub workflow: String,
    /// Its state.
    pub state: RunState,
    /// Why it is on hold, where it is.
    pub hold: Option<RunHold>,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// How many of its steps have succeeded, or were skipped by their conditions.
    pub done: usize,
    /// How many steps it has.
    pub steps: usize,
    /// Whether its log is here; of others there is only the record.
    pub here: bool,
    /// Where it ran, such as `gitlab`; none where that is here, or nobody says.
    pub place: Option<String>,
}

/// What an attempt has printed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunLogs {
    /// The run.
    pub run: String,
    /// The step.
    pub step: String,
    /// The attempt, counted from 1.
    pub attempt: u32,
    /// The file of its standard output.
    pub stdout_file: String,
    /// The file of its standard error.
    pub stderr_file: String,
    /// The last lines of its standard output; what is not UTF-8 is replaced.
    pub stdout: String,
    /// The last lines of its standard error.
    pub stderr: String,
    /// Whether there is more in front of these lines.
    pub truncated: bool,
}

/// Shows a run.
pub fn run_status(session: &Session<'_>, given: Option<&str>) -> Result<RunView> {
    let id = match locate(session, given)? {
        Located::Record(record) => return Ok(view_of_record(session, *record)),
        Located::Here(id) => id,
        Located::Tasks(_) => find_run(session, given)?,
    };
    let FoundRun { folder, run, is_driven } = look_at(session, &id)?;
    Ok(view_of(session, &run, &folder, is_driven))
}

pub(super) fn view_of(session: &Session<'_>, run: &Run, folder: &Path, is_driven: bool) -> RunView {
    let now = session.env().now_millis();
    let last = run.history.last().map_or(now, |(at, _)| *at);
    let until = run.ended.unwrap_or(if is_driven { now } else { last });
    RunView {
        run: run.id.clone(),
        workflow: run.name.clone(),
        path: run.path.clone(),
        digest: run.digest.clone(),
        revision: revision(session, &run.path, &run.digest),
        here: true,
        place: None,
        url: None,
        state: run.state,
        hold: RunHold::of(run).filter(|_| !is_driven),
        paused_by: run.paused_by.clone(),
        created: run.created,
        ended: run.ended,
        millis: (until - run.created).num_milliseconds().max(0).unsigned_abs(),
        by: run.by.clone(),
        agent: run.agent.clone(),
        task: run.task.clone(),
        jobs: run.jobs,
        params: run.params.clone(),
        steps: levels(&run.workflow)
            .into_iter()
            .enumerate()
            .map(|at| line_of(run, at, folder, now))
            .collect(),
        errors: errors(run, folder),
    }
}

fn line_of(run: &Run, (index, level): (usize, usize), folder: &Path, now: DateTime<Utc>) -> StepLine {
    let (spec, step) = (&run.workflow.steps[index], &run.steps[index]);
    let (millis, total_millis) = durations(run, index, Some(now));
    let attempts = step.attempts.iter().map(|attempt| AttemptView {
        attempt: attempt.number,
        started: attempt.started,
        end: attempt.end.map(|end| end.to_string()),
        millis: attempt.millis,
    });
    let asks = match &spec.action {
        Action::Ask(question) if step.is_asked && step.state == StepState::Pending => {
            Some(QuestionView::of(question))
        }
        _ => None,
    };
    StepLine {
        step: spec.name.to_string(),
        state: step.state,
        reused: step.reused.is_some(),
        retries: step.retries,
        max_retries: spec.retry.max,
        millis,
        total_millis,
        why: sentence(run, index, folder, now),
        critical: spec.critical,
        handler: spec.handler.is_some(),
        level,
        asks,
        blocked_by: blocked_by(run, index),
        log: None,
        attempts: attempts.collect(),
    }
}

/// Returns the step because of which another could not begin.
pub(super) fn blocked_by(run: &Run, index: usize) -> Option<String> {
    match (&run.steps[index].skipped, run.steps[index].blocked_by) {
        (Some(SkipReason::Lost { need, .. }), _) => Some(need.clone()),
        (None, Some(need)) => Some(run.workflow.steps[need].name.to_string()),
        _ => None,
    }
}

pub(super) fn revision(session: &Session<'_>, path: &str, digest: &str) -> Revision {
    match read_regular(&session.workspace().work_dir().join(path)) {
        Ok(bytes) if digest_of(&bytes) == digest => Revision::Current,
        Ok(_) => Revision::Behind,
        Err(_) => Revision::Gone,
    }
}

impl RunLine {
    fn of(FoundRun { run, is_driven, .. }: &FoundRun) -> Self {
        let is_step = |index: &usize| run.workflow.steps[*index].handler.is_none();
        let steps = (0..run.steps.len()).filter(is_step);
        let is_done = |index: &usize| {
            let step = &run.steps[*index];
            step.state == StepState::Success || step.state == StepState::Skipped && !step.is_lost()
        };
        Self {
            created: run.created,
            done: steps.clone().filter(is_done).count(),
            steps: steps.count(),
            run: run.id.clone(),
            workflow: run.name.clone(),
            state: run.state,
            hold: RunHold::of(run).filter(|_| !is_driven),
            here: true,
            place: None,
        }
    }

    fn of_record(record: RunRecord) -> Self {
        let is_done = |step: &&StepRecord| {
            step.state == StepState::Success || step.state == StepState::Skipped && step.blocked_by.is_none()
        };
        Self {
            done: record.steps.iter().filter(is_done).count(),
            steps: record.steps.len(),
            run: record.id,
            workflow: record.workflow,
            state: record.state,
            hold: None,
            created: moment(&record.created),
            here: false,
            place: record.place,
        }
    }
}

/// Reads a time of a record.
pub(super) fn moment(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).unwrap_or_default()
}

impl ListedRun {
    /// Returns its id.
    pub(crate) fn id(&self) -> &str {
        self.key().1
    }

    fn key(&self) -> (DateTime<Utc>, &str) {
        match self {
            Self::Workflow(run) => (run.created, &run.run),
            Self::Tasks(run) => (run.created, &run.run),
        }
    }

    /// Whether it is one of those that were requested.
    fn is_meant(&self, request: &RunsRequest) -> bool {
        let is_any = |words: &[String], is: &dyn Fn(&str) -> bool| {
            words.is_empty() || words.iter().any(|word| is(word))
        };
        match self {
            Self::Workflow(run) => {
                let hold = run.hold.map(RunHold::as_str);
                let is_in = |word: &str| run.state.as_str().eq_ignore_ascii_case(word) || hold == Some(word);
                request.workflow.as_ref().is_none_or(|name| *name == run.workflow)
                    && is_any(&request.states, &is_in)
            }
            Self::Tasks(run) => {
                let state = run.state.to_string();
                request.workflow.is_none()
                    && is_any(&request.states, &|word: &str| state.eq_ignore_ascii_case(word))
            }
        }
    }
}

/// Lists the runs that were started here and those that there are records of, the newest first.
pub fn list_runs(session: &Session<'_>, request: &RunsRequest) -> Result<(RunsView, Vec<Problem>)> {
    let (mut runs, mut problems) = (Vec::new(), Vec::new());
    let mut here = Vec::new();
    if session.snapshot().is_work_tree() {
        for id in run_ids(session.workspace()) {
            match look_at(session, &id) {
                Ok(found) => runs.push(ListedRun::Workflow(RunLine::of(&found))),
                Err(error) => problems.push(Problem::error(format!("{id}: {error}"))),
            }
            here.push(id.to_string());
        }
        let of_plans = plan_runs(session);
        here.extend(of_plans.iter().map(|run| run.run.clone()));
        runs.extend(of_plans.into_iter().map(ListedRun::Workflow));
    }
    let is_elsewhere = |file: &RecordFile| !here.contains(&file.id);
    for RecordFile { id, path, bytes } in record_files(session.snapshot())?.into_iter().filter(is_elsewhere) {
        match read_any_run(&id, &bytes) {
            // Listed below, with what their tasks say.
            Ok(AnyRun::Tasks(_)) => {}
            Ok(AnyRun::Workflow(record)) => runs.push(ListedRun::Workflow(RunLine::of_record(*record))),
            Err(found) => problems.extend(found.into_iter().map(|problem| problem.in_file(&path))),
        }
    }
    if request.workflow.is_none() {
        let (task_runs, found) = list_task_runs(session)?;
        problems.extend(found);
        runs.extend(task_runs.into_iter().map(ListedRun::Tasks));
    }
    runs.retain(|run| run.is_meant(request));
    runs.sort_by(|a, b| b.key().cmp(&a.key()));
    let left_out = runs.len().saturating_sub(request.limit.unwrap_or(usize::MAX));
    runs.truncate(runs.len() - left_out);
    Ok((RunsView { runs, left_out }, problems))
}

/// Returns the last lines that an attempt has printed: of the last one of the step, or of the step that failed last.
pub fn run_logs(
    session: &Session<'_>,
    words: &[String],
    attempt: Option<u32>,
    lines: usize,
) -> Result<RunLogs> {
    let (id, step) = match run_and_step(session, words)? {
        (Located::Record(record), step) => return Err(no_logs(&record, step.as_deref())),
        (Located::Here(id), step) => (id, step),
        (Located::Tasks(id), _) => (find_run(session, Some(id.as_str()))?, None),
    };
    let FoundRun { folder, run, .. } = look_at(session, &id)?;
    let index = match step {
        Some(step) => find_step(&run, &step)?,
        None => {
            let last = |index: &usize| run.steps[*index].attempts.last().map(|attempt| attempt.started);
            let rank = |index: &usize| (run.steps[*index].state == StepState::Failed, last(index));
            let attempted = (0..run.steps.len()).filter(|index| last(index).is_some());
            attempted.max_by_key(rank).ok_or_else(|| Error::usage(format!("no step of {id} has begun")))?
        }
    };
    let name = run.workflow.steps[index].name.as_str();
    let attempts = &run.steps[index].attempts;
    let number = match (attempt, attempts.last()) {
        (Some(number), _) if attempts.iter().any(|attempt| attempt.number == number) => number,
        (Some(number), _) => {
            let message = format!("`{name}` of {id} has no attempt {number} (it has {})", attempts.len());
            return Err(Error::usage(message));
        }
        (None, Some(last)) => last.number,
        (None, None) => {
            let why = sentence(&run, index, &folder, session.env().now_millis());
            return Err(Error::usage_with(format!("`{name}` of {id} has not run"), why));
        }
    };
    logs_of(id.as_str(), name, number, &AttemptFolder::of(&folder, name, number), lines)
}

/// Says where the logs of a run are of which there is only the record.
fn no_logs(record: &RunRecord, step: Option<&str>) -> Error {
    let own = record.steps.iter().find(|own| match step {
        Some(step) => own.step == step,
        None => own.state == StepState::Failed && own.log.is_some(),
    });
    let hint = match own.and_then(|own| own.log.as_deref()) {
        Some(log) => format!("its log is at {log}"),
        None => format!(
            "the record has the last lines of what failed: {}",
            Suggestion::tracker(["run", "status", &record.id, "--verbose"])
        ),
    };
    Error::usage_with(format!("the logs of {} are not here: there is only its record", record.id), hint)
}

/// Returns the last lines that an attempt has printed.
pub(in crate::ops) fn logs_of(
    run: &str,
    step: &str,
    attempt: u32,
    left: &AttemptFolder,
    lines: usize,
) -> Result<RunLogs> {
    let (stdout, stderr) = (left.stream(false), left.stream(true));
    let ((out, more), (err, more_errors)) = (last_lines(&stdout, lines)?, last_lines(&stderr, lines)?);
    Ok(RunLogs {
        run: run.to_owned(),
        step: step.to_owned(),
        attempt,
        stdout_file: stdout.to_string_lossy().into_owned(),
        stderr_file: stderr.to_string_lossy().into_owned(),
        stdout: out,
        stderr: err,
        truncated: more || more_errors,
    })
}

/// Returns the last lines of a file, and whether there is more in front of them.
fn last_lines(path: &Path, lines: usize) -> Result<(String, bool)> {
    /// No more than this is read.
    const BYTES: u64 = 1024 * 1024;
    let read = || -> std::io::Result<(Vec<u8>, bool)> {
        let mut file = open_regular(File::options().read(true), path)?;
        let start = file.metadata()?.len().saturating_sub(BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(BYTES).read_to_end(&mut bytes)?;
        Ok((bytes, start > 0))
    };
    let (bytes, is_cut) = match read() {
        Ok(read) => read,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((String::new(), false)),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let from = all.len().saturating_sub(lines);
    Ok((all[from..].concat(), is_cut || from > 0))
}
