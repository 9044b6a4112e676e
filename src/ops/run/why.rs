//! `run why`: why a step is in the state that it is in, in one sentence that names what decided it.

use std::path::Path;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::found::{find_run, look_at, names_run};
use crate::engine::{AttemptFolder, Cause, Run, SkipReason, StepRun};
use crate::model::{Action, AttemptEnd, Reference, StepState, nearest, span_text};
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
pub(super) fn run_and_step(
    session: &Session<'_>,
    words: &[String],
) -> Result<(crate::model::RunId, Option<String>)> {
    match words {
        [] => Ok((find_run(session, None)?, None)),
        [word] if names_run(session, word) => Ok((find_run(session, Some(word))?, None)),
        [step] => Ok((find_run(session, None)?, Some(step.clone()))),
        [run, step, ..] => Ok((find_run(session, Some(run))?, Some(step.clone()))),
    }
}

/// Finds a step of a run.
pub(super) fn find_step(run: &Run, name: &str) -> Result<usize> {
    run.find(name).ok_or_else(|| {
        let names: Vec<&str> = run.workflow.steps.iter().map(|step| step.name.as_str()).collect();
        let hint = match nearest(name, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("expected {}", names.iter().take(12).copied().collect::<Vec<_>>().join(", ")),
        };
        Error::not_found(format!("{} has no step `{}`", run.id, name.escape_debug()), hint)
    })
}

/// Says why a step is in its state.
pub fn why_step(session: &Session<'_>, words: &[String]) -> Result<Why> {
    let (id, step) = run_and_step(session, words)?;
    let step =
        step.ok_or_else(|| Error::usage_with("which step?", format!("write it: tracker run why {id} STEP")))?;
    let found = look_at(session, &id)?;
    let index = find_step(&found.run, &step)?;
    let why = sentence(&found.run, index, &found.folder, session.env().now_millis());
    Ok(Why { run: id.to_string(), step, state: found.run.steps[index].state, why })
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
            Some(SkipReason::Handler { state }) => {
                format!("skipped: the run has ended as {}", state.as_str())
            }
            None => "skipped".to_owned(),
        },
        StepState::Cancelled => format!("cancelled by {}", run.cancelled_by.as_deref().unwrap_or("somebody")),
        StepState::Retry => {
            let max = run.workflow.steps[index].retry.max;
            let end = last.and_then(|last| last.end).map_or_else(String::new, |end| format!("{end}; "));
            format!("waits: {end}retry {} of {max} is due", step.retries + 1)
        }
        StepState::Running => {
            let since = last.map_or(0, |last| (now - last.started).num_milliseconds().max(0).unsigned_abs());
            format!(
                "runs for {}: {}",
                span_text(std::time::Duration::from_millis(since / 1000 * 1000)),
                ran(run, index)
            )
        }
        StepState::Pending => waits(run, index),
    }
}

/// Says what became of the task that a step has waited for.
fn awaited(step: &StepRun) -> String {
    step.awaited.as_ref().map_or_else(String::new, |(task, message)| format!("{task} {message}"))
}

fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
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
        return format!("waits for a person: {}", question.text);
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
        let (root, name) = (root_of(run, need), run.workflow.steps[need].name.as_str());
        let how = run.steps[root].state.as_str();
        let root_name = run.workflow.steps[root].name.as_str();
        return match root == need {
            true => format!("waits: needs {name}, which ended as {how}"),
            false => format!("waits: needs {name}, which cannot begin: {root_name} ended as {how}"),
        };
    }
    let open = step.needs.iter().find(|need| !run.steps[**need].state.is_end());
    match open {
        Some(need) => {
            let word = match run.steps[*need].state {
                StepState::Running => "runs",
                StepState::Retry => "waits for another attempt",
                _ if matches!(run.workflow.steps[*need].action, Action::Await(_)) => "waits for a task",
                _ => "has not begun",
            };
            format!("waits: needs {}, which {word}", run.workflow.steps[*need].name)
        }
        None if run.is_paused || run.stopped.is_some() => "waits: nothing drives the run".to_owned(),
        None if step.handler.is_some() => "waits: the steps have not ended".to_owned(),
        None => format!("waits for a slot: {} of {} are taken", run.running(), run.jobs),
    }
}

fn root_of(run: &Run, mut index: usize) -> usize {
    while let (StepState::Pending, Some(need)) = (run.steps[index].state, run.steps[index].blocked_by) {
        index = need;
    }
    index
}
