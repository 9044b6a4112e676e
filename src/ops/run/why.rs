//! `run why`: why a step is in the state that it is in, in one sentence that names what decided it.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::found::{Located, find_run, locate, look_at, names_run};
use crate::engine::{AttemptFolder, Cause, Run, SkipReason, StepRun};
use crate::model::{Action, AttemptEnd, Reference, RunId, RunRecord, StepState, counted, nearest, span_text};
use crate::ops::{Error, Result, Session};

/// Why a step is in its state.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Why {
    /// The run.
    pub run: String,
    /// The step.
    pub step: String,
    /// Its state.
    pub state: StepState,
    /// One sentence.
    pub why: String,
}

/// Finds a run and a step by one or two words.
pub(super) fn run_and_step(session: &Session<'_>, words: &[String]) -> Result<(Located, Option<String>)> {
    match words {
        [] => Ok((locate(session, None)?, None)),
        [word] if names_run(session, word) => Ok((locate(session, Some(word))?, None)),
        [step] => Ok((locate(session, None)?, Some(step.clone()))),
        [run, step, ..] => Ok((locate(session, Some(run))?, Some(step.clone()))),
    }
}

/// The same of a run that was started here.
pub(super) fn own_run_and_step(session: &Session<'_>, words: &[String]) -> Result<(RunId, Option<String>)> {
    let (located, step) = run_and_step(session, words)?;
    let id = match located {
        Located::Here(id) => id,
        Located::Record(record) => find_run(session, Some(&record.id))?,
        Located::Tasks(id) => find_run(session, Some(id.as_str()))?,
    };
    Ok((id, step))
}

/// Finds a step of a run.
pub(super) fn find_step(run: &Run, name: &str) -> Result<usize> {
    run.find(name).ok_or_else(|| {
        let names: Vec<&str> = run.workflow.steps.iter().map(|step| step.name.as_str()).collect();
        no_step(&run.id, name, &names)
    })
}

fn no_step(run: &str, name: &str, names: &[&str]) -> Error {
    let hint = match nearest(name, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("expected {}", names.iter().take(12).copied().collect::<Vec<_>>().join(", ")),
    };
    Error::not_found(format!("{run} has no step `{}`", name.escape_debug()), hint)
}

/// Says why a step is in its state.
pub fn why_step(session: &Session<'_>, words: &[String]) -> Result<Why> {
    let (located, step) = run_and_step(session, words)?;
    let which = |id: &str| Error::usage_with("which step?", format!("write it: tracker run why {id} STEP"));
    let id = match located {
        Located::Here(id) => id,
        Located::Record(record) => return why_of_record(&record, &step.ok_or_else(|| which(&record.id))?),
        Located::Tasks(id) => find_run(session, Some(id.as_str()))?,
    };
    let step = step.ok_or_else(|| which(id.as_str()))?;
    let found = look_at(session, &id)?;
    let index = find_step(&found.run, &step)?;
    let why = sentence(&found.run, index, &found.folder, session.env().now_millis());
    Ok(Why { run: id.to_string(), step, state: found.run.steps[index].state, why })
}

fn why_of_record(record: &RunRecord, step: &str) -> Result<Why> {
    let names: Vec<&str> = record.steps.iter().map(|own| own.step.as_str()).collect();
    let own = record.steps.iter().find(|own| own.step == step);
    let own = own.ok_or_else(|| no_step(&record.id, step, &names))?;
    Ok(Why { run: record.id.clone(), step: own.step.clone(), state: own.state, why: own.why.clone() })
}

/// Returns the sentence.
pub(super) fn sentence(run: &Run, index: usize, folder: &Path, now: DateTime<Utc>) -> String {
    let step = &run.steps[index];
    let last = step.attempts.last();
    match step.state {
        StepState::Success if step.awaited.is_some() => awaited(step),
        StepState::Failed if step.awaited.is_some() => format!("failed: {}", awaited(step)),
        StepState::Success => match (&step.reused, &step.answered) {
            (Some((from, inputs)), _) => {
                format!("reused: same recipe, same {} as in {from}", counted(*inputs, "input"))
            }
            (None, Some((answer, by))) => format!("{by} answered `{answer}`"),
            (None, None) => format!("ran: {}", ran(run, index)),
        },
        StepState::Failed => match (&step.answered, last) {
            (Some((answer, by)), _) => format!("failed: {by} answered `{answer}`"),
            (None, Some(last)) => format!("failed: {}", failed(run, index, last.end, folder)),
            (None, None) => "failed".to_owned(),
        },
        StepState::Skipped => match &step.skipped {
            Some(SkipReason::Condition { when }) => {
                format!("skipped: `{when}` is false{}", values(run, index))
            }
            Some(SkipReason::Need { step }) => format!("skipped: needs {step}, which was skipped"),
            Some(SkipReason::Lost { need, root }) => format!("skipped: {}", lost(run, need, root)),
            Some(SkipReason::Handler { state }) => {
                format!("skipped: the run has ended as {}", state.as_str())
            }
            None => "skipped".to_owned(),
        },
        StepState::Cancelled => {
            format!("cancelled by {}", run.last_cancelled_by.as_deref().unwrap_or("somebody"))
        }
        StepState::Retry => {
            let max = run.workflow.steps[index].retry.max;
            let end = last.and_then(|last| last.end).map_or_else(String::new, |end| format!("{end}; "));
            let left = step.due_at.map_or(0, |due| (due - now).num_milliseconds()).max(0).unsigned_abs();
            let when = match (held(run), left) {
                (Some(why), _) => format!("once the run goes on: {why}"),
                (None, 0) => "is due".to_owned(),
                (None, 1..1000) => "in less than a second".to_owned(),
                (None, left) => format!("in {}", span_text(Duration::from_millis(left / 1000 * 1000))),
            };
            format!("waits: {end}retry {} of {max} {when}", step.retries + 1)
        }
        StepState::Running => {
            let since = last.map_or(0, |last| (now - last.started).num_milliseconds().max(0).unsigned_abs());
            format!("runs for {}: {}", span_text(Duration::from_millis(since / 1000 * 1000)), ran(run, index))
        }
        StepState::Pending => waits(run, index),
    }
}

/// Says why a step could not begin: because of what it needs, or what that needs.
fn lost(run: &Run, need: &str, root: &str) -> String {
    let how = match run.find(root).map(|index| run.steps[index].state) {
        Some(StepState::Failed) => "failed".to_owned(),
        Some(StepState::Cancelled) => "was cancelled".to_owned(),
        state => format!("ended as {}", state.map_or("nothing", StepState::as_str)),
    };
    match need == root {
        true => format!("needs {need}, which {how}"),
        false => format!("needs {need}, which could not begin: {root} {how}"),
    }
}

/// Says what became of the task that a step has waited for.
fn awaited(step: &StepRun) -> String {
    step.awaited.as_ref().map_or_else(String::new, |(task, message)| format!("{task} {message}"))
}

/// Says why a step has run: what made the first attempt of its last round begin.
fn ran(run: &Run, index: usize) -> String {
    let step = &run.steps[index];
    let round = step.attempts.iter().rev().find(|attempt| !matches!(attempt.because, Cause::Failed { .. }));
    let cause = round.map_or_else(String::new, |attempt| cause(&attempt.because));
    let failed =
        step.attempts.iter().rev().skip(1).find_map(|attempt| attempt.end.filter(|end| !end.is_success()));
    match (step.retries, failed) {
        (0, _) | (_, None) => cause,
        (retries, Some(end)) => format!("{cause}; it succeeded in retry {retries}, after {end}"),
    }
}

fn cause(cause: &Cause) -> String {
    let digest = |digest: &Option<String>| {
        digest.as_deref().map_or("nothing", |digest| digest.get(..4).unwrap_or(digest)).to_owned()
    };
    match cause {
        Cause::Always => "it has no `inputs` and always runs".to_owned(),
        Cause::NeverSucceeded => "it had not succeeded here before".to_owned(),
        Cause::RecipeChanged => "what it does changed".to_owned(),
        Cause::ValueChanged { name, before, after } => {
            format!("${name} changed, {}→{}", digest(before), digest(after))
        }
        Cause::InputChanged { path, before: None, .. } => format!("`{path}` is new"),
        Cause::InputChanged { path, after: None, .. } => format!("`{path}` is gone"),
        Cause::InputChanged { path, before, after } => {
            format!("`{path}` changed, {}→{}", digest(before), digest(after))
        }
        Cause::FileChanged { path } => format!("`{path}`, which it had written, is not as it left it"),
        Cause::Failed { end, retry } => format!("retry {retry} after {end}"),
        Cause::Retried { by: Some(by) } => format!("{by} retried it"),
        Cause::Retried { by: None } => "it had been interrupted".to_owned(),
        Cause::Task { stage, .. } => format!("its task is in {stage}"),
        Cause::Handler { state } => format!("the run has ended as {}", state.as_str()),
    }
}

fn failed(run: &Run, index: usize, end: Option<AttemptEnd>, folder: &Path) -> String {
    let step = &run.steps[index];
    let name = run.workflow.steps[index].name.as_str();
    let last = step.attempts.last();
    let line = last.and_then(|last| last.message.clone()).or_else(|| {
        let lines = AttemptFolder::of(folder, name, last?.number).last_lines(1);
        lines.into_iter().next()
    });
    let end = match end {
        Some(AttemptEnd::Interrupted) => {
            "interrupted: the engine ended before it, and it left no exit code".to_owned()
        }
        Some(AttemptEnd::TimedOut) => {
            let limit = run.workflow.steps[index].timeout.map(span_text).unwrap_or_default();
            format!("it took longer than {limit}")
        }
        Some(end) => end.to_string(),
        None => "it has not ended".to_owned(),
    };
    let retries = if step.retries > 0 { format!(" after {}", retries(step.retries)) } else { String::new() };
    let line = line.map_or_else(String::new, |line| format!(": {}", line.trim()));
    format!("{end}{retries}{line}")
}

fn retries(count: u32) -> String {
    if count == 1 { "1 retry".to_owned() } else { format!("{count} retries") }
}

/// Says what the values are that a condition looks at.
fn values(run: &Run, index: usize) -> String {
    let Some(when) = &run.workflow.steps[index].when else { return String::new() };
    let of = |reference: &&Reference| {
        let name = match reference {
            Reference::Param(name) => format!("param.{name}"),
            Reference::State(step) => format!("step.{}", run.workflow.steps[*step].name),
            Reference::Output(step, key) => format!("step.{}.{key}", run.workflow.steps[*step].name),
        };
        let value = run.value(reference).unwrap_or_default();
        format!("{name} is {}", if value.is_empty() { "empty" } else { &value })
    };
    let mut shown: Vec<String> = when.condition.references().iter().map(of).collect();
    shown.dedup();
    if shown.is_empty() { String::new() } else { format!(": {}", shown.join(", ")) }
}

/// Says what a step waits for.
fn waits(run: &Run, index: usize) -> String {
    let step = &run.workflow.steps[index];
    if let Action::Ask(question) = &step.action
        && run.steps[index].is_asked
    {
        return format!("waits for a person: {}", question.shown());
    }
    if let Action::Await(goal) = &step.action
        && run.steps[index].is_asked
    {
        return match &goal.stage {
            Some(stage) => format!("waits for {} to reach {stage}", goal.task),
            None => format!("waits for {} to be complete", goal.task),
        };
    }
    if let Some(need) = run.steps[index].blocked_by {
        let name = |index: usize| run.workflow.steps[index].name.as_str();
        return format!("cannot begin: {}", lost(run, name(need), name(run.root_of(need))));
    }
    let open = step.needs.iter().find(|need| !run.steps[**need].state.is_end());
    match open {
        Some(need) => {
            let word = match run.steps[*need].state {
                StepState::Running => "runs",
                StepState::Retry => "waits for another attempt",
                _ if matches!(run.workflow.steps[*need].action, Action::Await(_)) => "waits for a task",
                _ if run.steps[*need].is_asked => "waits for a person",
                _ => "has not begun",
            };
            format!("waits: needs {}, which {word}", run.workflow.steps[*need].name)
        }
        None => match held(run) {
            Some(why) => format!("waits: {why}"),
            None if step.handler.is_some() => waits_as_handler(run),
            None if run.running() < run.jobs as usize => "waits: it is about to begin".to_owned(),
            None => format!("waits for a slot: {} of {} are taken", run.running(), run.jobs),
        },
    }
}

/// Says what a handler waits for: the steps, or the handler before it.
fn waits_as_handler(run: &Run) -> String {
    let mut steps = run.workflow.steps.iter().zip(&run.steps);
    match steps.find(|(spec, step)| spec.handler.is_some() && step.state == StepState::Running) {
        Some((handler, _)) => format!("waits: {} runs", handler.name),
        None => "waits: the steps have not ended".to_owned(),
    }
}

/// Says why nothing of a run begins now, where that is so.
fn held(run: &Run) -> Option<String> {
    match &run.paused_by {
        Some(by) => Some(format!("{by} paused the run")),
        None => run.stopped.map(|_| "nothing drives the run".to_owned()),
    }
}
