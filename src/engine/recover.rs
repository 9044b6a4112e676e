//! What a crash has left, as events: attempts of which the log does not know how they have ended.

use std::path::Path;

use super::attempt::AttemptFolder;
use super::event::{Event, Values};
use super::processes::{Orphan, is_alive};
use super::state::Run;
use crate::model::{AttemptEnd, StepState};

/// What became of the attempts of a run that no engine drives: those that have ended or are gone, as events, and those
/// that still run, by their steps. A process counts as the attempt's only where it was started at the time that the log says.
#[must_use]
pub fn recover(run: &Run, folder: &Path) -> (Vec<Event>, Vec<(usize, Orphan)>) {
    let (mut events, mut orphans) = (Vec::new(), Vec::new());
    for (index, step) in run.steps.iter().enumerate().filter(|(_, step)| step.state == StepState::Running) {
        let Some(attempt) = step.attempts.last() else { continue };
        let is_alive = is_alive(attempt.pid, attempt.birth.as_ref());
        let name = run.workflow.steps[index].name.as_str();
        let left = AttemptFolder::of(folder, name, attempt.number);
        match left.exit() {
            Some(end) => events.push(ended(run, index, attempt.number, end, &left, None)),
            None if is_alive => {
                let (pid, birth, started) = (attempt.pid, attempt.birth.clone(), attempt.started);
                orphans.push((index, Orphan { attempt: attempt.number, pid, birth, started }));
            }
            // It may have written its exit code and ended between the two looks.
            None => {
                let lost = if step.is_cancelled { AttemptEnd::Cancelled } else { AttemptEnd::Interrupted };
                let end = left.exit().unwrap_or(lost);
                events.push(ended(run, index, attempt.number, end, &left, None));
            }
        }
    }
    (events, orphans)
}

/// Makes the event of an attempt that has ended. How long it took is by what it has left where nobody has seen that. Whether
/// it is tried again is for an engine.
#[must_use]
pub fn ended(
    run: &Run,
    index: usize,
    attempt: u32,
    end: AttemptEnd,
    folder: &AttemptFolder,
    seen_millis: Option<u64>,
) -> Event {
    let step = &run.workflow.steps[index];
    let millis = seen_millis.unwrap_or_else(|| {
        let started = run.steps[index].attempts.last().map(|attempt| attempt.started);
        let ended = folder.ended().map(chrono::DateTime::<chrono::Utc>::from);
        let took = started.zip(ended).map(|(started, ended)| (ended - started).num_milliseconds());
        took.unwrap_or_default().max(0).unsigned_abs()
    });
    let mut event = (end, Values::new(), None);
    if end.is_success() {
        match folder.outputs(&step.outputs) {
            Ok(outputs) => event.1 = outputs,
            Err(message) => event = (AttemptEnd::Broken, Values::new(), Some(message)),
        }
    }
    let (end, outputs, message) = event;
    Event::Ended { step: step.name.to_string(), attempt, end, millis, outputs, retry_in: None, message }
}
