//! `run record`: the record of a run that another engine has driven, from what its jobs say of how they have ended; and
//! showing runs of which there is only the record.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::found::{RecordFile, record_files};
use super::record::{record_of, shown, time};
use super::start::{free_id, params};
use super::view::{RunView, StepLine, moment};
use super::why::find_step;
use crate::doc::{create_run, read_run};
use crate::engine::{Cause, Event, Logged, Moment, Run, SkipReason};
use crate::import::jobs::{JobReport, read_job_state, read_jobs};
use crate::model::{
    Action, AttemptEnd, ErrorRecord, RecordPath, RunId, RunRecord, StepState, digest_of, parse_span,
};
use crate::ops::workflows::{LoadedWorkflow, load_workflow};
use crate::ops::{Error, Result, Session, Written};
use crate::store::Change;

/// A run that another engine has driven.
#[derive(Debug, Clone, Default)]
pub struct RecordRequest {
    /// A workflow's name, or the path of a file.
    pub workflow: String,
    /// Values of parameters, as `name=value`.
    pub params: Vec<String>,
    /// States of steps, as `name=state` or `name=state:address of the log`.
    pub steps: Vec<String>,
    /// What the engine tells of its jobs, as JSON.
    pub jobs: Option<String>,
    /// The engine, such as `gitlab`.
    pub place: Option<String>,
    /// The address of the run there.
    pub url: Option<String>,
}

/// Writes the record of a run that another engine has driven. One of the same address is written again.
pub fn record_run(session: &Session<'_>, request: &RecordRequest) -> Result<Written> {
    let loaded = load_workflow(session, &request.workflow)?;
    let params = params(&loaded.workflow, &request.params)?;
    let locked = session.lock("run record")?;
    let known = known_record(session, request.url.as_deref())?;
    let id = match &known {
        Some((id, _)) => id.clone(),
        None => free_id(session)?,
    };
    let LoadedWorkflow { name, path, bytes, workflow, .. } = loaded;
    let event = Event::Created {
        run: id.to_string(),
        workflow: name,
        path,
        digest: digest_of(&bytes),
        params,
        jobs: workflow.jobs.unwrap_or(1),
        by: session.actor()?,
        agent: session.agent(),
        task: None,
    };
    let now = Moment::now(session.env());
    let run = Run::new(workflow, &Logged { at: now.wall, event }).expect("the first event is its creation");
    let reports = reports(&run, request)?;
    let begun = reports.values().filter_map(|report| report.started).min().unwrap_or(now.wall);
    let ended = reports.values().filter_map(|report| report.ended).max().unwrap_or(now.wall);
    let mut replayed = Replayed { run, now, at: begun, reports };
    replayed.run.created = begun;
    replayed.run.history[0].0 = begun;
    replayed.apply(Event::Began { process: 0 });
    replayed.steps();
    replayed.at = ended.max(begun);
    replayed.finish();
    let record = replayed.record(request);
    let text = create_run(&record);
    let target = RecordPath::run(&id).map(String::from).unwrap_or_default();
    let change = match known {
        Some((_, before)) => Change::replace(target, before, text),
        None => Change::create(target, text),
    };
    session.finish(&locked, &[change], Vec::new())
}

/// Returns all records of runs that can be read.
fn records(session: &Session<'_>) -> Result<Vec<(RunRecord, String)>> {
    let read = |file: RecordFile| {
        let record = read_run(&file.id, &file.bytes).ok()?;
        Some((record, String::from_utf8(file.bytes).ok()?))
    };
    Ok(record_files(session.snapshot())?.into_iter().filter_map(read).collect())
}

fn known_record(session: &Session<'_>, url: Option<&str>) -> Result<Option<(RunId, String)>> {
    if url.is_none() {
        return Ok(None);
    }
    let found = records(session)?.into_iter().find(|(record, _)| record.url.as_deref() == url);
    Ok(found.and_then(|(record, text)| Some((RunId::parse(&record.id).ok()?, text))))
}

/// Reads what is known of steps: of each what the engine tells, else what is given.
fn reports(run: &Run, request: &RecordRequest) -> Result<BTreeMap<usize, JobReport>> {
    let mut reports = BTreeMap::new();
    for given in &request.steps {
        let Some((name, rest)) = given.split_once('=') else {
            let message = format!("expected a step such as `build=success`, got `{}`", given.escape_debug());
            return Err(Error::usage(message));
        };
        let index = find_step(run, name)?;
        let (word, log) = rest.split_once(':').unwrap_or((rest, ""));
        let state = read_job_state(word).map_err(|message| {
            Error::usage_with(
                format!("{message} of `{name}`"),
                "expected success, failed, skipped or cancelled",
            )
        })?;
        let log = Some(log.to_owned()).filter(|log| !log.is_empty());
        reports.insert(index, JobReport { state, log, attempts: 1, ..JobReport::default() });
    }
    let Some(jobs) = &request.jobs else { return Ok(reports) };
    let jobs =
        read_jobs(jobs).map_err(|message| Error::usage(format!("what is known of jobs: {message}")))?;
    let same = |name: &str, job: &str| name == job || name.replace('_', "-") == job;
    let mut has_any = false;
    for (index, step) in run.workflow.steps.iter().enumerate() {
        if let Some((_, report)) = jobs.iter().find(|(job, _)| same(step.name.as_str(), job)) {
            has_any = true;
            reports.insert(index, report.clone());
        }
    }
    if !has_any {
        let names: Vec<&str> = jobs.keys().take(8).map(String::as_str).collect();
        let message = format!("no job is a step of {}", run.name);
        return Err(Error::usage_with(message, format!("the jobs are {}", names.join(", "))));
    }
    Ok(reports)
}

/// A run whose events are made of what is known of how its steps have ended.
struct Replayed {
    run: Run,
    now: Moment,
    /// The time of the next event.
    at: DateTime<Utc>,
    reports: BTreeMap<usize, JobReport>,
}

impl Replayed {
    fn apply(&mut self, event: Event) {
        self.run.apply(&Logged { at: self.at, event }, self.now);
    }

    /// Takes in the steps in an order in which each comes after what it needs, the handlers last.
    fn steps(&mut self) {
        let order = self.run.workflow.order();
        let (steps, handlers): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|index| self.run.workflow.steps[*index].handler.is_none());
        for index in steps {
            match self.end_of(index) {
                Some(StepState::Skipped) => self.skip(index),
                Some(state) => self.end(index, state),
                None => {}
            }
        }
        for index in handlers {
            match self.reports.get(&index).and_then(|report| report.state) {
                Some(state) if state != StepState::Skipped => self.end(index, state),
                _ => {
                    let step = self.run.workflow.steps[index].name.to_string();
                    let state = self.run.outcome();
                    self.apply(Event::Skipped { step, because: SkipReason::Handler { state } });
                }
            }
        }
    }

    /// Says how a step has ended; none where it could not begin. What has left no word could not begin, was skipped, or
    /// has failed, as what is before it tells.
    fn end_of(&self, index: usize) -> Option<StepState> {
        let reported = self.reports.get(&index).and_then(|report| report.state);
        if let Some(StepState::Success | StepState::Failed | StepState::Cancelled) = reported {
            return reported;
        }
        let step = &self.run.workflow.steps[index];
        let looked_at = step.when.as_ref().map(|when| when.condition.states()).unwrap_or_default();
        let mut is_skipped = false;
        for need in &step.needs {
            let (state, spec) = (self.run.steps[*need].state, &self.run.workflow.steps[*need]);
            let is_lost = match state {
                StepState::Success | StepState::Skipped => false,
                StepState::Failed => spec.critical && !looked_at.contains(need),
                StepState::Cancelled => !looked_at.contains(need),
                _ => true,
            };
            if is_lost {
                return None;
            }
            is_skipped |= state == StepState::Skipped && !looked_at.contains(need);
        }
        let is_false = step.when.as_ref().is_some_and(|when| {
            let is_known = when.condition.references().iter().all(|reference| reference.step().is_none());
            is_known && !when.condition.is_true(&|reference| self.run.value(reference))
        });
        match reported {
            Some(_) => Some(StepState::Skipped),
            None if is_skipped || is_false => Some(StepState::Skipped),
            // Nothing kept it from running.
            None => Some(StepState::Failed),
        }
    }

    fn skip(&mut self, index: usize) {
        let step = &self.run.workflow.steps[index];
        let need = step.needs.iter().find(|need| self.run.steps[**need].state == StepState::Skipped);
        let because = match (need, &step.when) {
            (Some(need), None) => SkipReason::Need { step: self.run.workflow.steps[*need].name.to_string() },
            (_, Some(when)) => SkipReason::Condition { when: when.text.clone() },
            (None, None) => SkipReason::Condition { when: String::new() },
        };
        let step = step.name.to_string();
        self.apply(Event::Skipped { step, because });
    }

    fn end(&mut self, index: usize, state: StepState) {
        let step = &self.run.workflow.steps[index];
        let (name, is_question) = (step.name.to_string(), matches!(step.action, Action::Ask(_)));
        let report = self.reports.get(&index).cloned().unwrap_or_default();
        let end = match state {
            StepState::Success => AttemptEnd::Exit(0),
            StepState::Cancelled => AttemptEnd::Cancelled,
            _ => AttemptEnd::Broken,
        };
        let attempt = u32::try_from(report.attempts.max(1)).unwrap_or(1);
        if is_question && state != StepState::Cancelled {
            let approved = state == StepState::Success;
            let answer = if approved { "approved" } else { "rejected" }.to_owned();
            return self.apply(Event::Answered { step: name, answer, approved, by: "somebody".to_owned() });
        }
        let before = self.at;
        self.at = report.started.unwrap_or(before);
        self.apply(Event::Started {
            step: name.clone(),
            attempt,
            pid: 0,
            birth: None,
            because: Cause::Always,
        });
        let millis = millis(&report).unwrap_or_default();
        self.at = report.ended.unwrap_or(self.at);
        let outputs = BTreeMap::new();
        self.apply(Event::Ended { step: name, attempt, end, millis, outputs, retry_in: None, message: None });
        self.at = before;
    }

    fn finish(&mut self) {
        let is_cancelled = self.run.steps.iter().any(|step| step.state == StepState::Cancelled);
        if is_cancelled {
            self.apply(Event::Cancelled { by: "somebody".to_owned() });
        }
        self.run.find_blocked();
        for (index, because) in self.run.lost() {
            let step = self.run.workflow.steps[index].name.to_string();
            self.apply(Event::Skipped { step, because });
        }
        let state = self.run.outcome();
        self.apply(Event::Finished { state });
    }

    fn record(&self, request: &RecordRequest) -> RunRecord {
        let place = request.place.clone().unwrap_or_else(|| "elsewhere".to_owned());
        let mut record = record_of(&self.run, std::path::Path::new(""));
        record.errors.clear();
        for (index, step) in record.steps.iter_mut().enumerate() {
            let report = self.reports.get(&index).cloned().unwrap_or_default();
            let took = millis(&report).map(shown);
            (step.took, step.total) = (took.clone(), took);
            if step.attempts > 0 {
                step.attempts = report.attempts.max(1);
            }
            let reported = report.state.is_some();
            if step.state == StepState::Failed && step.attempts > 0 {
                let how = if reported { "failed" } else { "left no state" };
                step.why = format!("failed: its job on {place} {how}");
                record.errors.push(ErrorRecord {
                    step: step.step.clone(),
                    attempt: u32::try_from(step.attempts).unwrap_or(1),
                    at: time(report.ended.unwrap_or(self.at)),
                    end: how.to_owned(),
                    lines: report.log.iter().cloned().collect(),
                });
            } else if step.state == StepState::Success && step.attempts > 0 {
                step.why = format!("ran on {place}");
            }
            step.log = report.log;
        }
        RunRecord { place: Some(place), url: request.url.clone(), ..record }
    }
}

fn millis(report: &JobReport) -> Option<u64> {
    let (started, ended) = report.started.zip(report.ended)?;
    Some((ended - started).num_milliseconds().max(0).unsigned_abs())
}

/// Shows a run of which there is only the record.
pub(super) fn view_of_record(session: &Session<'_>, record: RunRecord) -> RunView {
    let span = |text: &Option<String>| {
        let span = parse_span(text.as_deref()?)?;
        u64::try_from(span.as_millis()).ok()
    };
    let created = moment(&record.created);
    let ended = record.ended.as_deref().map(moment);
    let steps = record.steps.iter().map(|step| StepLine {
        step: step.step.clone(),
        state: step.state,
        reused: step.why.starts_with("reused"),
        retries: u32::try_from(step.attempts.saturating_sub(1)).unwrap_or_default(),
        max_retries: u32::try_from(step.attempts.saturating_sub(1)).unwrap_or_default(),
        millis: span(&step.took),
        total_millis: span(&step.total),
        why: step.why.clone(),
        critical: true,
        handler: step.step.starts_with("on_"),
        level: 0,
        asks: None,
        blocked_by: step.blocked_by.clone(),
        log: step.log.clone(),
        attempts: Vec::new(),
    });
    RunView {
        steps: steps.collect(),
        revision: super::view::revision(session, &record.path, &record.digest),
        millis: ended.map_or(0, |ended| (ended - created).num_milliseconds().max(0).unsigned_abs()),
        run: record.id,
        workflow: record.workflow,
        path: record.path,
        digest: record.digest,
        here: false,
        place: record.place,
        url: record.url,
        state: record.state,
        hold: None,
        paused_by: None,
        created,
        ended,
        by: record.by,
        agent: record.agent,
        task: record.task,
        jobs: 0,
        params: record.params,
        errors: record.errors,
    }
}
