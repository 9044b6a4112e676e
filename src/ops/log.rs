//! `log`: a task's whole log in time order: its moves, votes, findings and notes, and the commits that changed its
//! file.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::view::boxes_of;
use super::{Result, Session};
use crate::doc::read_task;
use crate::facts::Commits;
use crate::git::{CommitId, CommitInfo, Repository};
use crate::model::{
    Field, FieldValue, Finding, Note, Person, Problem, RecordKind, RecordPath, Task, TaskId, Vote, by_agent,
};
use crate::store::LARGEST_FILE;

/// A task's log.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaskLog {
    /// The id.
    pub id: String,
    /// The title.
    pub title: String,
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// Whether all of the history that this clone has was searched.
    pub is_complete: bool,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; none where nobody wrote it down.
    pub by: Option<String>,
    /// What kind of thing.
    pub kind: EventKind,
    /// The same in words.
    pub text: String,
    /// The commit, where it was one.
    pub commit: Option<String>,
    /// What the commit changed of the task.
    pub changes: Vec<String>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The task was written down.
    Created,
    /// It moved between stages.
    Moved,
    /// Somebody voted on it.
    Voted,
    /// Something was found, resolved, waived or opened again.
    Found,
    /// Somebody wrote a note.
    Noted,
    /// A commit changed its file.
    Committed,
}

/// Returns a task's log, at most the newest `limit` events.
pub fn log(session: &Session<'_>, id: &str, limit: Option<usize>) -> Result<(TaskLog, Vec<Problem>)> {
    let (_, task) = session.find(id)?;
    let (notes, mut problems) = session.snapshot().notes(&task.id)?;
    let (votes, broken_votes) = session.snapshot().votes(&task.id)?;
    let (findings, broken_findings) = session.snapshot().findings(&task.id)?;
    problems.extend(broken_votes.into_iter().chain(broken_findings));
    let mut events = own_events(&task);
    events.extend(votes.iter().map(|(_, vote)| voted(vote)));
    events.extend(findings.iter().flat_map(|(_, finding)| found(finding)));
    events.extend(notes.iter().map(noted));
    let (committed, is_complete) = commits(session, &task.id, limit)?;
    events.extend(committed);
    events.sort_by_key(|event| (event.at, event.kind));
    if let Some(limit) = limit {
        events.drain(..events.len().saturating_sub(limit));
    }
    Ok((TaskLog { id: task.id.to_string(), title: task.title, events, is_complete }, problems))
}

pub(super) fn own_events(task: &Task) -> Vec<Event> {
    let event = |at, by, kind, text| Event { at, by, kind, text, commit: None, changes: Vec::new() };
    let created = task.created.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|time| time.and_utc());
    let created = created.map(|at| event(at, None, EventKind::Created, task.title.clone()));
    let moves = task.history.iter().map(|step| {
        let why = step.reason().map_or_else(String::new, |why| format!("  {why}"));
        event(
            step.at,
            Some(by_agent(&step.by, step.agent.as_deref())),
            EventKind::Moved,
            format!("{} → {}{why}", step.from, step.to),
        )
    });
    created.into_iter().chain(moves).collect()
}

/// Describes a note.
pub(super) fn noted(note: &Note) -> Event {
    let kind = note.kind.as_ref().map_or_else(String::new, |kind| format!("{}: ", kind.as_str()));
    let text = format!("{kind}{}", note.text.trim_end());
    Event {
        at: note.at,
        by: Some(note.by.clone()),
        kind: EventKind::Noted,
        text,
        commit: None,
        changes: Vec::new(),
    }
}

/// Describes a vote. What it is worth is for `signoffs` to say.
pub(super) fn voted(vote: &Vote) -> Event {
    let notes = vote.notes.as_deref().map_or_else(String::new, |notes| format!("  {}", notes.trim_end()));
    let text = format!("{} as {} in {}{notes}", vote.verdict, vote.role, vote.stage);
    let by = Some(by_agent(&vote.by.name, vote.agent.as_deref()));
    Event { at: vote.at, by, kind: EventKind::Voted, text, commit: None, changes: Vec::new() }
}

/// Describes a finding, and what became of it.
pub(super) fn found(finding: &Finding) -> Vec<Event> {
    let event = |at, by: &Person, text| {
        let by = Some(by.name.clone());
        Event { at, by, kind: EventKind::Found, text, commit: None, changes: Vec::new() }
    };
    let (id, place) = (&finding.id, finding.place().map_or_else(String::new, |place| format!("  {place}")));
    let text = format!("finding {id} {}: {}{place}", finding.severity, finding.title);
    let first = event(finding.at, &finding.by, text);
    let later = finding.resolutions.iter().map(|step| {
        let why = step.why.as_ref().map_or_else(String::new, |why| format!("  {why}"));
        event(step.at, &step.by, format!("finding {id} {}{why}", step.to))
    });
    std::iter::once(first).chain(later).collect()
}

/// Returns the commits that changed the task's file, oldest first, so that commits of one second keep their order.
fn commits(session: &Session<'_>, id: &TaskId, limit: Option<usize>) -> Result<(Vec<Event>, bool)> {
    let repository = session.workspace().repository()?;
    let Some(tip) = session.tip(&repository)? else { return Ok((Vec::new(), true)) };
    let history = Commits::new(&repository, Some(tip));
    let (path, limit) = (RecordPath::task_file(id), limit.unwrap_or(usize::MAX));
    let mut events = Vec::new();
    for commit_id in history.touching(RecordKind::Task, id)? {
        if events.len() >= limit {
            return Ok((oldest_first(events), false));
        }
        let commit = repository.commit_info(commit_id)?;
        if has_changed(&repository, &commit, &path)? {
            events.push(Event {
                at: commit.author_time,
                by: Some(commit.author.name.clone()),
                kind: EventKind::Committed,
                text: commit.subject.clone(),
                commit: Some(commit.id.to_string()),
                changes: changes(&repository, &commit, &path),
            });
        }
    }
    Ok((oldest_first(events), history.are_complete()?))
}

fn oldest_first(mut events: Vec<Event>) -> Vec<Event> {
    events.reverse();
    events
}

/// Whether a commit has the file otherwise than each of its parents. One that changed very many records is among those
/// of every task.
fn has_changed(repository: &Repository, commit: &CommitInfo, path: &str) -> Result<bool> {
    let now = repository.tree_file(commit.id, path)?;
    if commit.parents.is_empty() {
        return Ok(now.is_some());
    }
    for parent in &commit.parents {
        // A shallow clone ends where its parents are missing.
        if repository.tree_file(*parent, path).is_ok_and(|before| before == now) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Says what a commit changed of a task, field by field.
fn changes(repository: &Repository, commit: &CommitInfo, path: &str) -> Vec<String> {
    let after = task_at(repository, commit.id, path);
    let before = commit.parents.first().map(|parent| task_at(repository, *parent, path));
    let (before, after) = match (before, after) {
        (Some(TaskAt::Missing), _) | (_, TaskAt::Missing) => {
            let how = if repository.is_shallow() { "shallow" } else { "partial" };
            return vec![format!("not known in a {how} clone: it does not have both versions")];
        }
        (before, after) => (before.and_then(TaskAt::task), after.task()),
    };
    match (before, after) {
        (Some(before), Some(after)) => differences(&before, &after),
        (None, Some(_)) => vec!["added".to_owned()],
        (Some(_), None) => vec!["removed, or no longer readable".to_owned()],
        (None, None) => Vec::new(),
    }
}

/// A task in a commit.
enum TaskAt {
    Task(Box<Task>),
    /// Not there, or not readable.
    None,
    /// The clone does not have what would tell.
    Missing,
}

impl TaskAt {
    fn task(self) -> Option<Task> {
        match self {
            Self::Task(task) => Some(*task),
            Self::None | Self::Missing => None,
        }
    }
}

fn task_at(repository: &Repository, commit: CommitId, path: &str) -> TaskAt {
    let bytes = match repository.tree_file(commit, path) {
        Ok(Some(file)) => repository.read_blob(file.blob_id, LARGEST_FILE),
        Ok(None) => return TaskAt::None,
        Err(_) => return TaskAt::Missing,
    };
    match bytes.map(|bytes| read_task(&bytes)) {
        Ok(Ok(task)) => TaskAt::Task(Box::new(task)),
        Ok(Err(_)) => TaskAt::None,
        Err(_) => TaskAt::Missing,
    }
}

/// Compares two states of a task, in words.
fn differences(before: &Task, after: &Task) -> Vec<String> {
    let (old, new) = (before.summary(), after.summary());
    let mut messages = Vec::new();
    for field in Field::in_file() {
        let (old, new) = (field.value(&old), field.value(&new));
        if old != new {
            let shown = |value: &FieldValue<'_>| match value {
                FieldValue::Missing => "nothing".to_owned(),
                value => value.to_string(),
            };
            messages.push(format!("{} {} → {}", field.key(), shown(&old), shown(&new)));
        }
    }
    let (old_boxes, new_boxes) = (boxes_of(before), boxes_of(after));
    for new in &new_boxes {
        if old_boxes.iter().any(|old| old.text == new.text && old.done != new.done) {
            messages.push(format!("{} {}", if new.done { "ticked" } else { "unticked" }, new.text));
        }
    }
    if messages.is_empty() {
        messages.push(if before.body == after.body { "other keys".to_owned() } else { "text".to_owned() });
    }
    messages
}
