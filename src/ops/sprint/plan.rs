//! Planning: new sprints, what is in them, their start, and going on with the last one after its close.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use super::records::{self, find, refuse_closed};
use super::view::Members;
use crate::doc::{Document, Edit, Value, append_event, committed_block, create_sprint, set_block};
use crate::facts::{scope_now, sprint_days};
use crate::model::{
    CommittedTask, Minutes, Problem, RecordPath, ScopeAction, ScopeEntry, Sprint, SprintAction, SprintEvent,
    SprintId, SprintState, Suggestion, Task, TaskId,
};
use crate::ops::session::spliced;
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::policy::{Attempt, Reason};
use crate::query;
use crate::store::{Change, SprintFile};

/// What a verb did to a sprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SprintWritten {
    /// Its name.
    pub sprint: String,
    /// What became of it, in words.
    pub summary: Vec<String>,
    /// The tasks and records that were written.
    #[serde(flatten)]
    pub written: Written,
}

/// The fields of a new sprint.
#[derive(Debug, Clone, Default)]
pub struct NewSprint {
    /// Its name, or a title that a name is made of.
    pub name: String,
    /// One line.
    pub title: Option<String>,
    /// What it is for.
    pub goal: Option<String>,
    /// First day.
    pub starts: Option<String>,
    /// Last day.
    pub ends: Option<String>,
    /// Working time.
    pub capacity: Option<String>,
    /// Days on which nobody works.
    pub blackout: Vec<String>,
    /// The phase it belongs to.
    pub phase: Option<String>,
}

/// Creates a sprint.
pub fn new_sprint(session: &Session<'_>, request: &NewSprint) -> Result<SprintWritten> {
    let locked = session.lock("sprint new")?;
    let (id, title) = named(&request.name, request.title.as_deref())?;
    refuse_taken(session, &id)?;
    let day = |text: &Option<String>| text.as_deref().map(|text| day(session, text)).transpose();
    let sprint = Sprint {
        title,
        goal: request.goal.clone().filter(|goal| !goal.trim().is_empty()),
        starts: day(&request.starts)?,
        ends: day(&request.ends)?,
        capacity: request.capacity.as_deref().map(capacity).transpose()?,
        blackout: request.blackout.iter().map(|text| self::day(session, text)).collect::<Result<_>>()?,
        phase: request.phase.clone().filter(|phase| !phase.trim().is_empty()),
        created: Some(session.env().today()),
        ..Sprint::new(id.clone())
    };
    if let (Some(starts), Some(ends)) = (sprint.starts, sprint.ends)
        && ends < starts
    {
        return Err(Error::usage(format!("{id} would end on {ends}, before it starts on {starts}")));
    }
    let change = Change::create(RecordPath::Sprint(id.clone()).to_string(), create_sprint(&sprint));
    let summary = vec![format!("created {}", dates(&sprint).unwrap_or_default()).trim_end().to_owned()];
    let written = session.write(&locked, &[change], Vec::new())?;
    Ok(SprintWritten { sprint: id.to_string(), summary, written })
}

/// Returns the dates of a sprint as people are shown them.
fn dates(sprint: &Sprint) -> Option<String> {
    let text = |day: Option<NaiveDate>| day.map_or_else(|| "…".to_owned(), |day| day.to_string());
    let has_any = sprint.starts.is_some() || sprint.ends.is_some();
    has_any.then(|| format!("{} to {}", text(sprint.starts), text(sprint.ends)))
}

fn named(name: &str, title: Option<&str>) -> Result<(SprintId, Option<String>)> {
    let title = title.map(str::trim).filter(|title| !title.is_empty());
    if title.is_some_and(|title| title.chars().any(char::is_control)) {
        return Err(Error::usage("a sprint's title takes one line, without control characters"));
    }
    match (SprintId::parse(name), title) {
        (Ok(id), title) => Ok((id, title.map(str::to_owned))),
        (Err(error), _) => Err(Error::Usage {
            message: error.to_string(),
            hint: SprintId::from_title(name).map(|id| {
                let words = ["sprint", "new", id.as_str(), "--title", title.unwrap_or(name).trim()];
                format!("run `{}`", Suggestion::tracker(words))
            }),
        }),
    }
}

/// On some systems two names that differ by case alone are one folder.
fn refuse_taken(session: &Session<'_>, id: &SprintId) -> Result<()> {
    let ids = session.snapshot().sprint_ids()?;
    match ids.iter().find(|other| other.as_str().eq_ignore_ascii_case(id.as_str())) {
        None => Ok(()),
        Some(other) => {
            let show = Suggestion::tracker(["sprint", "show", other.as_str()]);
            Err(Error::usage_with(format!("there is a sprint {other}"), format!("run `{show}`")))
        }
    }
}

fn day(session: &Session<'_>, text: &str) -> Result<NaiveDate> {
    query::read_day(text, session.env().local_now())
        .ok_or_else(|| Error::usage_with(format!("invalid date `{}`", text.escape_debug()), query::DAY_HINT))
}

fn capacity(text: &str) -> Result<Minutes> {
    Minutes::parse(text).ok_or_else(|| {
        let message = format!("invalid duration `{}`", text.escape_debug());
        Error::usage_with(message, "expected a duration such as 40h or 5d (a day is 8 hours)")
    })
}

/// Puts tasks into a sprint. What a file says already and no record of the sprint has yet is recorded.
pub fn add_to_sprint(session: &Session<'_>, name: &str, ids: &[String]) -> Result<SprintWritten> {
    let value = |id: &SprintId| Value::Text(id.to_string());
    change_members(session, ("add to", name), ids, None, |task, id, estimate| {
        if task.sprint.as_ref() != Some(id) {
            let from = task.sprint.as_ref().map(|from| format!(", out of {from}")).unwrap_or_default();
            let edit = Edit::Set { key: "sprint".to_owned(), value: value(id) };
            return (vec![edit], None, format!("added to {id}{from}"));
        }
        match estimate {
            None => (Vec::new(), Some(ScopeAction::Added), format!("recorded as added to {id}")),
            Some(known) if known != task.estimate => {
                (Vec::new(), Some(ScopeAction::Estimated), format!("recorded in {id} with its new estimate"))
            }
            Some(_) => (Vec::new(), None, format!("already in {id}")),
        }
    })
}

/// What an answer and the lock call a removal.
const REMOVE: &str = "remove from";

/// Takes tasks out of a sprint. What a file says already and no record of the sprint has yet is recorded.
pub fn remove_from_sprint(
    session: &Session<'_>,
    name: &str,
    ids: &[String],
    why: Option<&str>,
) -> Result<SprintWritten> {
    change_members(session, (REMOVE, name), ids, why, |task, id, estimate| {
        if task.sprint.as_ref() == Some(id) {
            return (vec![Edit::Remove { key: "sprint".to_owned() }], None, format!("removed from {id}"));
        }
        match estimate {
            Some(_) => (Vec::new(), Some(ScopeAction::Removed), format!("recorded as removed from {id}")),
            None => (Vec::new(), None, format!("not in {id}")),
        }
    })
}

/// What becomes of a task, what is recorded of it although its file stays, and the same in words. The scope's estimate of
/// a task is that of an active sprint that it is in.
type MemberStep = (Vec<Edit>, Option<ScopeAction>, String);

fn change_members(
    session: &Session<'_>,
    (action, name): (&'static str, &str),
    ids: &[String],
    why: Option<&str>,
    step: impl Fn(&Task, &SprintId, Option<Option<Minutes>>) -> MemberStep,
) -> Result<SprintWritten> {
    let why = why.map(crate::ops::fields::reason).transpose()?.filter(|why| !why.is_empty());
    let locked = session.lock(&format!("sprint {action} {name}"))?;
    let file = find(session, name)?;
    let id = file.sprint.id.clone();
    if file.sprint.state() == SprintState::Closed {
        return Err(refuse_closed(session, action, &file));
    }
    let is_active = file.sprint.state() == SprintState::Active;
    let scope = scope_now(&file);
    let (mut changes, mut tasks, mut recorded) = (Vec::<Change>::new(), Vec::new(), Vec::new());
    let mut lost = Vec::new();
    for part in ids {
        let is_removal = is_active && action == REMOVE;
        if is_removal && let Some(task) = lost_member(session, part, &scope)? {
            lost.push(task);
            continue;
        }
        let (task_file, task) = session.find(part)?;
        if changes.iter().any(|change| change.path == task_file.path) {
            continue;
        }
        // Before the start there is nothing to compare a file with.
        let estimate = if is_active { scope.get(&task.id).copied() } else { Some(task.estimate) };
        let (edits, action, summary) = step(&task, &id, estimate);
        let change = spliced(&task_file, &edits)?;
        let is_changed = !change.is_empty() || (is_active && action.is_some());
        tasks.push(WrittenTask::changed(&task, vec![summary], is_changed));
        if let Some(action) = action.filter(|_| is_active) {
            let estimate = task.estimate.filter(|_| action != ScopeAction::Removed);
            recorded.push(ScopeEntry { task: task.id, action, estimate, to: None, why: why.clone() });
        }
        changes.push(change);
    }
    changes.extend(records::scope_changes(session, &changes, why.as_deref())?);
    lost.sort();
    lost.dedup();
    let mut summary = Vec::new();
    for task in lost {
        summary.push(format!("removed {task}, which has no file"));
        recorded.push(ScopeEntry {
            task,
            action: ScopeAction::Removed,
            estimate: None,
            to: None,
            why: why.clone(),
        });
    }
    if !recorded.is_empty() {
        changes.push(records::scope_record(session, &id, recorded)?);
    }
    let written = session.write(&locked, &changes, tasks)?;
    Ok(SprintWritten { sprint: id.to_string(), summary, written })
}

/// Returns the task of a sprint's scope that a word names whole, or by what is behind its hyphen, where its file is gone.
fn lost_member(session: &Session<'_>, word: &str, scope: &Members) -> Result<Option<TaskId>> {
    let tasks = session.snapshot().tasks()?;
    let is_named = |id: &TaskId| {
        let behind = id.as_str().rsplit('-').next().unwrap_or_default();
        id.as_str().eq_ignore_ascii_case(word) || behind.eq_ignore_ascii_case(word)
    };
    let is_lost = |id: &&TaskId| is_named(id) && tasks.find(id.as_str()).is_none();
    Ok(scope.keys().find(is_lost).cloned())
}

/// Starts a sprint: freezes which tasks it committed to, with their estimates and the commit that they were read at.
pub fn start_sprint(session: &Session<'_>, name: &str, ends: Option<&str>) -> Result<SprintWritten> {
    let locked = session.lock(&format!("sprint start {name}"))?;
    let file = find(session, name)?;
    let id = file.sprint.id.clone();
    match file.sprint.state() {
        SprintState::Planned => {}
        SprintState::Closed => return Err(refuse_closed(session, "start", &file)),
        state @ SprintState::Active => {
            let fix = Some(Suggestion::tracker(["sprint", "status", id.as_str()]));
            let attempt = Attempt::ChangeSprint { action: "start", sprint: id.clone() };
            return Err(Error::refused(attempt, Reason::SprintIs { sprint: id, state, fix }));
        }
    }
    let tasks = session.snapshot().tasks()?;
    let (members, _) = tasks.select(|task| task.sprint == Some(id.as_str()) && task.cancelled.is_none());
    let committed: Vec<CommittedTask> = members
        .iter()
        .filter_map(|task| {
            Some(CommittedTask { task: TaskId::parse(task.id).ok()?, estimate: task.estimate.map(Minutes) })
        })
        .collect();
    let commit = session.workspace().repository()?.head()?.commit.map(|commit| commit.to_string());
    let event = SprintEvent { commit, ..event(session, SprintAction::Started)? };
    let mut edits = Vec::new();
    let today = session.env().today();
    let ends = ends.map(|text| day(session, text)).transpose()?.or(file.sprint.ends);
    let own = SprintFile { sprint: Sprint { ends, ..file.sprint.clone() }, ..file.clone() };
    let (first, last) = sprint_days(&own, today);
    if last < first {
        return Err(Error::usage(format!("{id} would end on {last}, before it starts on {first}")));
    }
    let plain = |day: NaiveDate| Value::Plain(day.to_string());
    for (key, value, is_same) in
        [("starts", first, file.sprint.starts == Some(first)), ("ends", last, file.sprint.ends == Some(last))]
    {
        if !is_same {
            edits.push(Edit::Set { key: key.to_owned(), value: plain(value) });
        }
    }
    edits.push(append_event(&event));
    let text = edited(&file, &edits)?;
    let text = set_block(&text, "committed", &committed_block(&committed)).map_err(|p| broken(&file, p))?;
    let (time, missing) = records::total(committed.iter().map(|one| &one.estimate));
    let mut summary = vec![format!("started, {first} to {last}"), size(committed.len(), time, missing)];
    if let Some(capacity) = file.sprint.capacity
        && time > capacity.0
    {
        summary.push(format!("{} more than its capacity of {capacity}", Minutes(time - capacity.0)));
    }
    let change = Change::replace(path_of(&id), file.text, text);
    let written = session.write(&locked, &[change], Vec::new())?;
    Ok(SprintWritten { sprint: id.to_string(), summary, written })
}

/// Says how much work some tasks are.
pub(super) fn size(count: usize, minutes: u32, missing: usize) -> String {
    let tasks = if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
    match (minutes, missing) {
        (0, _) if missing == count => format!("{tasks}, none with an estimate"),
        (minutes, 0) => format!("{tasks}, {}", Minutes(minutes)),
        (minutes, missing) => format!("{tasks}, {} and {missing} without an estimate", Minutes(minutes)),
    }
}

/// Goes on with the sprint that was closed last.
pub fn reopen_sprint(session: &Session<'_>, name: &str, why: &str) -> Result<SprintWritten> {
    let why = crate::ops::fields::reason(why)?;
    if why.is_empty() {
        return Err(Error::usage_with(
            "the reason is empty",
            "give one: `tracker sprint reopen NAME REASON`",
        ));
    }
    let locked = session.lock(&format!("sprint reopen {name}"))?;
    let file = find(session, name)?;
    let id = file.sprint.id.clone();
    let attempt = || Attempt::ChangeSprint { action: "reopen", sprint: id.clone() };
    if file.sprint.closed().is_none() {
        let fix = Some(Suggestion::tracker(["sprint", "status", id.as_str()]));
        let reason = Reason::SprintIs { sprint: id.clone(), state: file.sprint.state(), fix };
        return Err(Error::refused(attempt(), reason));
    }
    if let Some(later) = records::closed_after(session, &file)? {
        let later = later.sprint.id;
        return Err(Error::refused(attempt(), Reason::NotTheLast { sprint: id.clone(), later }));
    }
    let event = SprintEvent { why: Some(why), ..event(session, SprintAction::Reopened)? };
    let mut text = edited(&file, &[append_event(&event)])?;
    for key in ["evidence", "numbers"] {
        text = set_block(&text, key, &serde_json::Value::Null).map_err(|problem| broken(&file, problem))?;
    }
    let tag = format!("refs/tags/{}", id.tag());
    let is_tagged = session.workspace().repository()?.ref_commit(&tag)?.is_some();
    let change = Change::replace(path_of(&id), file.text.clone(), text);
    let written = session.write(&locked, &[change], Vec::new())?;
    let mut close = vec!["sprint", "close", id.as_str()];
    let next = file.sprint.next_tag();
    if is_tagged {
        close.extend(["--tag", next.as_str()]);
    }
    let summary = vec![format!("reopened; close it again with `{}`", Suggestion::tracker(close))];
    Ok(SprintWritten { sprint: id.to_string(), summary, written })
}

/// Makes an event of now, by the user.
pub(super) fn event(session: &Session<'_>, action: SprintAction) -> Result<SprintEvent> {
    let event = SprintEvent::new(session.env().now(), session.actor()?, action);
    Ok(SprintEvent { agent: session.agent(), ..event })
}

/// Returns the path of a sprint's own file.
pub(super) fn path_of(id: &SprintId) -> String {
    RecordPath::Sprint(id.clone()).to_string()
}

/// Splices edits into a sprint's file.
pub(super) fn edited(file: &SprintFile, edits: &[Edit]) -> Result<String> {
    let document = Document::yaml(file.text.as_bytes())
        .map_err(|problems| problems.into_iter().next().unwrap_or_else(|| Problem::error("is broken")));
    let text = document.and_then(|document| document.edit(edits));
    text.map_err(|problem| broken(file, problem))
}

/// Names the file of a problem.
pub(super) fn broken(file: &SprintFile, problem: Problem) -> Error {
    Error::Broken(vec![problem.in_file(path_of(&file.sprint.id))])
}
