//! What the director does about a finding: a note, a move back, a pause. Each is done once for one finding.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::location::TaskLocation;
use crate::git::read_regular;
use crate::model::{DirectorRule, MoveKind, NoteKind, Pauses, Task, TaskId, digest_of};
use crate::ops::workers::{WorkerState, fleet_pause, fleet_status};
use crate::ops::{Error, Result, Session, fail, note};
use crate::policy::DirectorFinding;
use crate::report::director::{DirectorAction, DirectorOutcome, DirectorStep};
use crate::store;

/// The findings for which a worker was paused: one that a person lets go on is not paused again for the same.
#[derive(Debug, Default)]
pub(super) struct Memory {
    path: PathBuf,
    before: BTreeSet<String>,
    now: BTreeSet<String>,
}

impl Memory {
    pub(super) fn read(session: &Session<'_>) -> Self {
        let path = session.workspace().repo_paths().shared_folder().join("director.json");
        let before = read_regular(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { path, before: before.unwrap_or_default(), now: BTreeSet::new() }
    }

    /// Keeps what findings of this round are about, and forgets the others: what comes again is new.
    pub(super) fn write(&self) -> Result<()> {
        if self.now == self.before {
            return Ok(());
        }
        let bytes = serde_json::to_vec(&self.now).expect("plain data with text keys is always JSON");
        Ok(store::replace_unsynced(&self.path, &bytes)?)
    }
}

/// Returns the reason that a note and a move back give.
pub(super) fn reason(rule: &DirectorRule, found: &DirectorFinding) -> String {
    let about = found.about.as_ref().map_or_else(String::new, |about| format!(" on {about}"));
    let text = format!("{}{about}: {}", rule.name, found.message);
    // A message may have what others wrote: one line, without what a terminal obeys.
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Does what the rule allows about a finding. Of a task that has not begun, or is closed, no place is known: its notes go to
/// its record here.
pub(super) fn act(
    session: &Session<'_>,
    rule: &DirectorRule,
    found: &DirectorFinding,
    place: Option<&TaskLocation>,
    memory: &mut Memory,
) -> Result<Vec<DirectorStep>> {
    let text = reason(rule, found);
    let mut steps = Vec::new();
    if let Some(task) = &found.task {
        let (is_open, place) = (place.is_some(), place.unwrap_or(&TaskLocation::Here));
        if rule.notes {
            steps.push(outcome(DirectorAction::Note, None, add_note(session, place, task, &text))?);
        }
        if rule.sends_back {
            let sent_back = match is_open {
                true => send_back(session, place, task, &text),
                // Whatever its record here is, it is not what was found.
                false => Err(Error::usage("it has not begun, or is closed")),
            };
            steps.push(match sent_back {
                Ok((done, stage)) => outcome(DirectorAction::SendBack, stage, Ok(done))?,
                Err(error) => outcome(DirectorAction::SendBack, None, Err(error))?,
            });
        }
    }
    for name in to_pause(session, rule, found)? {
        let done = pause(session, &name, &format!("{name} {text}"), memory);
        steps.push(outcome(DirectorAction::Pause, Some(name), done)?);
    }
    Ok(steps)
}

/// Makes a step of what has come of an action. What the rules or the place do not allow is reported; what cannot be read or
/// written ends the round.
fn outcome(
    action: DirectorAction,
    to: Option<String>,
    done: Result<DirectorOutcome>,
) -> Result<DirectorStep> {
    match done {
        Ok(outcome) => Ok(DirectorStep { action, outcome, to, why: None }),
        Err(
            error
            @ (Error::Refused(_) | Error::Usage { .. } | Error::NotFound { .. } | Error::BranchMoved(_)),
        ) => {
            let why = Some(reason_of(&error));
            Ok(DirectorStep { action, outcome: DirectorOutcome::Refused, to, why })
        }
        Err(error) => Err(error),
    }
}

fn reason_of(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => {
            let rows: Vec<String> = refusal.rows().into_iter().map(|row| row.message).collect();
            if rows.is_empty() { refusal.to_string() } else { rows.join("; ") }
        }
        error => error.to_string(),
    }
}

fn written(session: &Session<'_>) -> DirectorOutcome {
    if session.is_dry() { DirectorOutcome::Planned } else { DirectorOutcome::Done }
}

/// Adds a note to the task where it goes on; of what is only on a remote's branch here, if the task is here as well.
fn add_note(session: &Session<'_>, place: &TaskLocation, id: &TaskId, text: &str) -> Result<DirectorOutcome> {
    let is_here = place.is_on_remote() && session.snapshot().task_file(id)?.is_some();
    let place = if is_here { &TaskLocation::Here } else { place };
    place.visit(session, |there| {
        let (notes, _) = there.snapshot().notes(id)?;
        if notes.iter().any(|note| note.kind == Some(NoteKind::Director) && is_same_reason(&note.text, text))
        {
            return Ok(DirectorOutcome::Before);
        }
        note(there, id.as_str(), text, Some(NoteKind::Director))?;
        Ok(written(session))
    })
}

/// Sends the task back where it goes on, unless it was sent back for the same reason before. Returns the stage that it is in now.
fn send_back(
    session: &Session<'_>,
    place: &TaskLocation,
    id: &TaskId,
    why: &str,
) -> Result<(DirectorOutcome, Option<String>)> {
    place.visit(session, |there| {
        let task = there.snapshot().readable_task(id)?;
        let is_why = |own: &str| is_same_reason(own, why);
        let is_it = |step: &crate::model::Move| {
            step.kind == MoveKind::Fail && step.why.as_deref().is_some_and(is_why)
        };
        if task.as_ref().is_some_and(|task| task.history.iter().any(is_it)) {
            return Ok((DirectorOutcome::Before, None));
        }
        // A move from a stage that no move led to is illegal itself, and would be found as the next.
        let is_by_hand = |task: &Task| task.history.last().is_some_and(|last| last.to != task.stage);
        if task.is_some_and(|task| is_by_hand(&task)) {
            return Err(Error::usage("its stage was set by hand, and a move from there is illegal"));
        }
        let done = fail(there, id.as_str(), why)?;
        Ok((written(session), done.tasks.first().map(|task| task.stage.to_string())))
    })
}

/// Whether two texts give the same reason. The ids of commits in them change with every rebase.
fn is_same_reason(one: &str, other: &str) -> bool {
    let is_commit = |word: &str| {
        (7..=64).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            && word.bytes().any(|byte| byte.is_ascii_digit())
    };
    let words = |text: &str| -> Vec<String> {
        let word = |word: &str| word.trim_matches(|c: char| c.is_ascii_punctuation()).to_owned();
        text.split_whitespace().map(word).filter(|word| !is_commit(word)).collect()
    };
    words(one) == words(other)
}

/// Returns the workers that the rule pauses for a finding.
fn to_pause(session: &Session<'_>, rule: &DirectorRule, found: &DirectorFinding) -> Result<Vec<String>> {
    match &rule.pauses {
        Pauses::Nobody => Ok(Vec::new()),
        Pauses::Named(names) => Ok(names.clone()),
        Pauses::Concerned => {
            let all: Vec<String> = fleet_status(session)?.workers.into_iter().map(|own| own.worker).collect();
            // Who is no worker of the fleet, such as a person with a claim, is not paused.
            let is_meant = |name: &String| found.workers.as_ref().is_none_or(|own| own.contains(name));
            Ok(all.into_iter().filter(is_meant).collect())
        }
    }
}

fn pause(session: &Session<'_>, name: &str, key: &str, memory: &mut Memory) -> Result<DirectorOutcome> {
    let key = digest_of(key.as_bytes());
    let fleet = fleet_status(session)?;
    let own = fleet.workers.iter().find(|own| own.worker == name);
    let is_paused = own.is_some_and(|own| own.state == WorkerState::Paused);
    if is_paused || memory.before.contains(&key) {
        memory.now.insert(key);
        return Ok(DirectorOutcome::Before);
    }
    if session.is_dry() {
        return Ok(DirectorOutcome::Planned);
    }
    fleet_pause(session, &[name.to_owned()], true)?;
    memory.now.insert(key);
    Ok(DirectorOutcome::Done)
}

#[cfg(test)]
mod tests {
    use super::is_same_reason;

    #[test]
    fn a_rebase_makes_no_other_reason() {
        let reason = |id: &str, path: &str| format!("order: commit {id} changes {path}, and none before it");
        assert!(is_same_reason(&reason("1f2e3d4", "src/a"), &reason("9abcde0", "src/a")));
        assert!(!is_same_reason(&reason("1f2e3d4", "src/a"), &reason("1f2e3d4", "src/b")));
        assert!(!is_same_reason("3 loops back", "4 loops back"));
    }
}
