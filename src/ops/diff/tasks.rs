//! One task on both sides: its own file, its votes, findings and notes.

use super::sides::{Sides, pair};
use super::view::{
    DiffFinding, DiffNote, DiffStage, DiffTask, DiffVote, DiffWarning, FindingChange, NoteChange, VoteChange,
};
use crate::doc::{read_finding, read_note, read_task, read_vote};
use crate::model::{Finding, Move, Note, Problem, RecordKind, RecordPath, Task, TaskId, Verdict, Vote};
use crate::ops::Result;
use crate::policy::is_override;
use crate::review::{MoveReview, changed_fields, ticks};

/// Compares what differs of one task.
pub(super) fn compare(
    sides: &Sides,
    id: &TaskId,
    paths: &[&str],
    problems: &mut Vec<Problem>,
) -> Result<DiffTask> {
    let path = RecordPath::task_file(id);
    // Of a task that is the same, whatever is odd about it is no news.
    let mut known = Vec::new();
    let is_changed = paths.contains(&path.as_str());
    let task = pair(sides, &path, read_task, if is_changed { problems } else { &mut known })?;
    let is_there =
        |side: &super::sides::Side| side.snapshot.read(&path).map_or(true, |bytes| bytes.is_some());
    let mut diff = DiffTask {
        title: task
            .after
            .as_ref()
            .or(task.before.as_ref())
            .map(|task| task.title.clone())
            .unwrap_or_default(),
        is_new: is_changed && !is_there(&sides.from),
        is_deleted: is_changed && !is_there(&sides.to),
        ..DiffTask::of(id)
    };
    if is_changed {
        of_file(&mut diff, task.before.as_ref(), task.after.as_ref());
    }
    for path in paths {
        match RecordPath::parse(path) {
            Some(RecordPath::OfTask { kind: RecordKind::Vote, .. }) => {
                let votes = pair(sides, path, |bytes| read_vote(id, bytes), problems)?;
                diff.votes.extend(vote(votes.before.as_ref(), votes.after.as_ref()));
            }
            Some(RecordPath::OfTask { kind: RecordKind::Finding, .. }) => {
                let findings = pair(sides, path, |bytes| read_finding(id, bytes), problems)?;
                diff.findings.extend(finding(findings.before.as_ref(), findings.after.as_ref()));
            }
            Some(RecordPath::OfTask { kind: RecordKind::Note, .. }) => {
                let notes = pair(sides, path, |bytes| read_note(id, bytes), problems)?;
                diff.notes.extend(note(notes.before.as_ref(), notes.after.as_ref()));
            }
            _ => {}
        }
    }
    diff.votes.sort_by(|a, b| (a.at, &a.role, &a.by).cmp(&(b.at, &b.role, &b.by)));
    diff.findings.sort_by(|a, b| a.id.cmp(&b.id));
    diff.notes.sort_by_key(|note| note.at);
    Ok(diff)
}

fn of_file(diff: &mut DiffTask, before: Option<&Task>, after: Option<&Task>) {
    let none: &[Move] = &[];
    let history = |task: Option<&Task>| task.map_or_else(|| none.to_vec(), |task| task.history.clone());
    let (old, new) = (history(before), history(after));
    diff.moves = beyond(&new, &old);
    if !diff.is_deleted {
        diff.taken_back = beyond(&old, &new);
    }
    let stage = |task: Option<&Task>| task.map(|task| task.stage.clone());
    if stage(before) != stage(after) {
        diff.stage = Some(DiffStage { before: stage(before), after: stage(after) });
    }
    if let Some(after) = after {
        let found = ticks(before, after);
        (diff.ticked, diff.unticked) = (found.ticked, found.unticked);
        (diff.dropped, diff.is_reworded) = (found.dropped, found.is_reworded);
    }
    if let (Some(before), Some(after)) = (before, after) {
        diff.fields = changed_fields(before, after);
    }
    let is_shown = diff.stage.is_some() || !diff.moves.is_empty() || !diff.taken_back.is_empty();
    let is_reported = is_shown || !diff.fields.is_empty() || diff.is_reworded;
    let is_reported = is_reported || !diff.ticked.is_empty() || !diff.unticked.is_empty();
    if before.is_some() && after.is_some() && !is_reported {
        diff.warnings.push(DiffWarning("only comments, order or spaces differ"));
    } else if !diff.is_new && !diff.is_deleted && (before.is_none() || after.is_none()) {
        diff.warnings.push(DiffWarning("cannot be compared: one side cannot be read"));
    }
}

/// Returns the moves of one history that the other does not have, in their order.
fn beyond(own: &[Move], other: &[Move]) -> Vec<MoveReview> {
    let mut left: Vec<&Move> = other.iter().collect();
    let is_new = |step: &&Move| match left.iter().position(|known| known == step) {
        Some(at) => {
            left.remove(at);
            false
        }
        None => true,
    };
    let review = |step: &Move| MoveReview {
        from: step.from.clone(),
        to: step.to.clone(),
        by: step.by.clone(),
        at: step.at,
        why: if is_override(step) { step.why.clone() } else { step.reason() },
        is_override: is_override(step),
    };
    own.iter().filter(is_new).map(review).collect()
}

fn vote(before: Option<&Vote>, after: Option<&Vote>) -> Option<DiffVote> {
    let (change, own) = match (before, after) {
        (None, Some(vote)) if vote.verdict == Verdict::Withdrawn => (VoteChange::Withdrawn, vote),
        (None, Some(vote)) => (VoteChange::Cast, vote),
        (Some(_), Some(vote)) => (VoteChange::Changed, vote),
        (Some(vote), None) => (VoteChange::Gone, vote),
        (None, None) => return None,
    };
    let reported_before = before.filter(|_| after.is_some()).map(|vote| vote.verdict.clone());
    Some(DiffVote {
        change,
        role: own.role.clone(),
        verdict_before: reported_before.filter(|verdict| *verdict != own.verdict),
        verdict: own.verdict.clone(),
        by: own.by.name.clone(),
        at: own.at,
        notes: own.notes.as_deref().and_then(first_line),
    })
}

fn finding(before: Option<&Finding>, after: Option<&Finding>) -> Option<DiffFinding> {
    let (change, own) = match (before, after) {
        (None, Some(finding)) if finding.state().is_open() => (FindingChange::Opened, finding),
        (None, Some(finding)) => (FindingChange::Became(finding.state().clone()), finding),
        (Some(old), Some(new)) if old.state() == new.state() => (FindingChange::Changed, new),
        (Some(_), Some(new)) if new.state().is_open() => (FindingChange::Reopened, new),
        (Some(_), Some(new)) => (FindingChange::Became(new.state().clone()), new),
        (Some(old), None) => (FindingChange::Gone, old),
        (None, None) => return None,
    };
    let by = own.resolution().filter(|_| before.is_some() || !own.state().is_open());
    Some(DiffFinding {
        change,
        id: own.id.to_string(),
        severity: own.severity.clone(),
        title: own.title.clone(),
        place: own.place(),
        by: by.map_or_else(|| own.by.name.clone(), |step| step.by.name.clone()),
        at: by.map_or(own.at, |step| step.at),
        why: by.and_then(|step| step.why.clone()),
    })
}

fn note(before: Option<&Note>, after: Option<&Note>) -> Option<DiffNote> {
    let (change, own) = match (before, after) {
        (None, Some(note)) => (NoteChange::Written, note),
        (Some(_), Some(note)) => (NoteChange::Changed, note),
        (Some(note), None) => (NoteChange::Gone, note),
        (None, None) => return None,
    };
    let text = first_line(&own.text).unwrap_or_default();
    Some(DiffNote { change, by: own.by.clone(), at: own.at, text })
}

fn first_line(text: &str) -> Option<String> {
    text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}
