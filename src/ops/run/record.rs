//! The committed record of a run.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};

use super::view::blocked_by;
use super::why::sentence;
use crate::doc::create_run;
use crate::engine::{AttemptFolder, Run};
use crate::model::{ErrorRecord, RecordPath, RunId, RunRecord, StateRecord, StepRecord, span_text};
use crate::ops::{Error, Result, Session};
use crate::store::Change;

/// How many of the last lines of an attempt that failed are kept.
const LINES: usize = 5;

/// Writes the record of a run that has ended, where there is a tracker.
pub(super) fn write_record(session: &Session<'_>, run: &Run, folder: &Path) -> Result<()> {
    if !session.workspace().has_tracker()? {
        return Ok(());
    }
    let id = RunId::parse(&run.id).map_err(|error| Error::usage(error.to_string()))?;
    let path = RecordPath::run(&id).map(String::from).unwrap_or_default();
    let text = create_run(&record_of(run, folder));
    let locked = session.lock(&format!("run {id}"))?;
    let before = session.workspace().snapshot().read(&path)?;
    let change = match before.map(String::from_utf8) {
        Some(Ok(before)) => Change::replace(path, before, text),
        Some(Err(_)) => return Err(Error::usage(format!("`{path}` is not UTF-8 text"))),
        None => Change::create(path, text),
    };
    Ok(locked.apply(&[change])?)
}

pub(super) fn record_of(run: &Run, folder: &Path) -> RunRecord {
    let steps = run.steps.iter().enumerate().map(|(index, step)| {
        let (took, total) = durations(run, index, None);
        StepRecord {
            step: run.workflow.steps[index].name.to_string(),
            state: step.state,
            attempts: step.attempts.len(),
            took: took.map(shown),
            total: total.map(shown),
            why: sentence(run, index, folder, run.ended.unwrap_or(run.created)),
            blocked_by: blocked_by(run, index),
            log: None,
        }
    });
    RunRecord {
        id: run.id.clone(),
        workflow: run.name.clone(),
        path: run.path.clone(),
        digest: run.digest.clone(),
        place: None,
        url: None,
        params: run.params.clone(),
        state: run.state,
        by: run.by.clone(),
        agent: run.agent.clone(),
        task: run.task.clone(),
        created: time(run.created),
        ended: run.ended.map(time),
        steps: steps.collect(),
        errors: errors(run, folder),
        history: run.history.iter().map(|(at, state)| StateRecord { at: time(*at), state: *state }).collect(),
    }
}

/// Returns every attempt that has failed, in the order of the steps.
pub(super) fn errors(run: &Run, folder: &Path) -> Vec<ErrorRecord> {
    let mut errors = Vec::new();
    for (index, step) in run.steps.iter().enumerate() {
        let name = run.workflow.steps[index].name.as_str();
        for attempt in &step.attempts {
            let Some(end) = attempt.end.filter(|end| !end.is_success()) else { continue };
            let mut lines = AttemptFolder::of(folder, name, attempt.number).last_lines(LINES);
            lines.extend(attempt.message.clone());
            errors.push(ErrorRecord {
                step: name.to_owned(),
                attempt: attempt.number,
                at: time(attempt.ended.unwrap_or(attempt.started)),
                end: end.to_string(),
                lines,
            });
        }
    }
    errors
}

/// Returns how long the last attempt took, and how long it was from the start of the first to the end of the last, in
/// milliseconds. Of what runs, both are until now.
pub(super) fn durations(run: &Run, index: usize, now: Option<DateTime<Utc>>) -> (Option<u64>, Option<u64>) {
    let attempts = &run.steps[index].attempts;
    let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else { return (None, None) };
    let since = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).num_milliseconds().max(0).unsigned_abs();
    let took = last.millis.or_else(|| now.map(|now| since(last.started, now)));
    let total = match (attempts.len(), last.ended.or(now)) {
        (1, _) => took,
        (_, Some(end)) => Some(since(first.started, end).max(took.unwrap_or_default())),
        (_, None) => None,
    };
    (took, total)
}

pub(in crate::ops) fn shown(millis: u64) -> String {
    span_text(std::time::Duration::from_millis(millis))
}

pub(in crate::ops) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
