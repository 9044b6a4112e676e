//! Finding sprints by what people call them, reading what their numbers are computed from, and the records that follow
//! from a change of tasks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::doc::{create_scope_change, read_task};
use crate::facts::{SprintItems, carried, dropped, scope_now, scope_of, sprint_items, tasks_ever_in};
use crate::metrics::{Calendar, FigureName, Numbers, Scope, Window};
use crate::model::{
    Minutes, RecordKind, RecordPath, ScopeAction, ScopeEntry, ScopeRecord, SprintId, SprintState, Suggestion,
    Task, TaskId, nearest,
};
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, Reason};
use crate::store::{Change, SprintFile, Tasks};

/// Finds the sprint that a name means, in either case, or its title.
pub(super) fn find(session: &Session<'_>, name: &str) -> Result<SprintFile> {
    let ids = session.snapshot().sprint_ids()?;
    let by_name = ids.iter().find(|id| id.as_str() == name);
    let id = by_name.or_else(|| ids.iter().find(|id| id.as_str().eq_ignore_ascii_case(name)));
    if let Some(id) = id {
        return read(session, id);
    }
    for id in &ids {
        let file = read(session, id)?;
        if file.sprint.title.as_deref().is_some_and(|title| title.eq_ignore_ascii_case(name.trim())) {
            return Ok(file);
        }
    }
    Err(no_such_sprint(name, &ids))
}

/// Returns the sprint that a misspelt name may have meant. Names that differ in their numbers alone are the names of
/// two sprints: `SPRINT-2` is not `SPRINT-1` misspelt.
pub(in crate::ops) fn misspelt<'i>(name: &str, ids: &'i [SprintId]) -> Option<&'i SprintId> {
    let is_digit = |c: char| c.is_ascii_digit();
    let words = |name: &str| name.replace(is_digit, "").to_ascii_lowercase();
    let others = ids.iter().map(SprintId::as_str).filter(|id| words(id) != words(name));
    let near = nearest(name, others)?;
    ids.iter().find(|id| id.as_str() == near)
}

/// The error that there is no sprint of a name.
pub(in crate::ops) fn no_such_sprint(name: &str, ids: &[SprintId]) -> Error {
    let hint = match misspelt(name, ids) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("run `{}`", Suggestion::tracker(["sprint", "new", name])),
    };
    Error::not_found(format!("no sprint `{}`", name.escape_debug()), hint)
}

/// Reads a sprint that is there.
pub(super) fn read(session: &Session<'_>, id: &SprintId) -> Result<SprintFile> {
    let file = session.snapshot().sprint(id)?;
    file.ok_or_else(|| Error::not_found(format!("no sprint `{id}`"), "run `tracker sprint list`"))
}

/// Finds the sprint that is named, or the only one that is active.
pub(super) fn find_or_active(session: &Session<'_>, name: Option<&str>) -> Result<SprintFile> {
    if let Some(name) = name {
        return find(session, name);
    }
    let mut active = all(session)?.into_iter().filter(|file| file.sprint.state() == SprintState::Active);
    match (active.next(), active.next()) {
        (Some(file), None) => Ok(file),
        (None, _) => Err(Error::usage_with("no sprint is active", "name one; run `tracker sprint list`")),
        (Some(one), Some(other)) => {
            let message = format!("{} and {} are active", one.sprint.id, other.sprint.id);
            Err(Error::usage_with(message, "name one of them"))
        }
    }
}

/// Reads all sprints.
pub(super) fn all(session: &Session<'_>) -> Result<Vec<SprintFile>> {
    session.snapshot().sprint_ids()?.iter().map(|id| read(session, id)).collect()
}

/// Returns the sprint that was closed last, of those that are not this one.
pub(super) fn last_closed(session: &Session<'_>, but: &SprintId) -> Result<Option<SprintFile>> {
    Ok(closed_last(all(session)?.into_iter().filter(|file| file.sprint.id != *but)))
}

/// Returns the sprint that was closed last before this one was; of one that is open, the last of all.
pub(super) fn closed_before(session: &Session<'_>, file: &SprintFile) -> Result<Option<SprintFile>> {
    let own = file.sprint.closed().map(|event| event.at);
    let is_before = |other: &SprintFile| {
        let at = other.sprint.closed().map(|event| event.at);
        other.sprint.id != file.sprint.id && own.is_none_or(|own| at.is_some_and(|at| at < own))
    };
    Ok(closed_last(all(session)?.into_iter().filter(is_before)))
}

/// Returns the sprint that was closed last, if that was after this one, which is closed.
pub(super) fn closed_after(session: &Session<'_>, file: &SprintFile) -> Result<Option<SprintFile>> {
    let closed = |file: &SprintFile| file.sprint.closed().map(|event| event.at);
    let last = last_closed(session, &file.sprint.id)?;
    Ok(last.filter(|other| closed(other) > closed(file)))
}

/// Finds the closed sprint that is named, or the one that was closed last.
pub(super) fn find_or_closed_last(session: &Session<'_>, name: Option<&str>) -> Result<SprintFile> {
    if let Some(name) = name {
        return find(session, name);
    }
    let last = closed_last(all(session)?.into_iter());
    last.ok_or_else(|| Error::usage_with("no sprint is closed", "run `tracker sprint list`"))
}

fn closed_last(files: impl Iterator<Item = SprintFile>) -> Option<SprintFile> {
    let at = |file: &SprintFile| file.sprint.closed().map(|event| event.at);
    files.filter(|file| at(file).is_some()).max_by_key(at)
}

/// What numbers and reports of a sprint are made of.
#[derive(Debug)]
pub(crate) struct SprintData {
    /// The sprint and the changes of its scope.
    pub(crate) file: SprintFile,
    /// Its scope; none before its start.
    pub(crate) scope: Option<Scope>,
    /// Every task that was ever in it; before its start, those that are planned for it.
    pub(crate) found: SprintItems,
    /// The time that its numbers are about.
    pub(crate) window: Window,
}

impl SprintData {
    /// Returns where the numbers end: now, or with the last move or change of the scope that a clock somewhere else has
    /// put a little later, as what is done counts.
    pub(super) fn last_moment(&self, most: TimeDelta) -> DateTime<Utc> {
        let now = self.window.to;
        let moves = self.found.items.iter().flat_map(|item| item.moves.iter().map(|step| step.at));
        let changes = self.file.scope.iter().map(|record| record.at);
        let later = moves.chain(changes).chain([self.window.from]).filter(|at| *at <= now + most).max();
        later.map_or(now, |later| later.max(now))
    }
}

/// Returns the tasks that the numbers say were carried over, each with the sprint that it goes on in. One that an earlier
/// close has moved on, and that came back after the sprint was reopened, is not one of them.
pub(super) fn carried_over(file: &SprintFile, numbers: &Numbers) -> BTreeMap<TaskId, SprintId> {
    let tasks = numbers.figure(FigureName::CarriedOver).map(|figure| figure.tasks.as_slice());
    let tasks = tasks.unwrap_or_default();
    carried(file).into_iter().filter(|(task, _)| tasks.iter().any(|own| *own == *task.as_str())).collect()
}

/// Reads what a sprint's numbers are made of: to its close, where it is closed, else up to now.
pub(crate) fn gather(session: &Session<'_>, file: SprintFile) -> Result<SprintData> {
    let now = session.env().local_now();
    let closed = file.sprint.closed();
    let to = closed.map_or_else(|| now.to_utc(), |event| event.at);
    let offset = closed.and_then(|event| event.offset).unwrap_or_else(|| *now.offset());
    let (config, _) = session.config_or_default();
    gather_at(session.snapshot(), &config, file, to, Calendar::at(offset))
}

/// Reads the tasks of a snapshot for the numbers of a sprint, whose scope is given, up to a moment.
pub(super) fn gather_at(
    snapshot: &crate::store::Snapshot,
    config: &crate::model::Config,
    file: SprintFile,
    to: DateTime<Utc>,
    calendar: Calendar,
) -> Result<SprintData> {
    let scope = scope_of(&file, calendar);
    let ids = match scope {
        Some(_) => tasks_ever_in(&file),
        None => {
            let tasks = snapshot.tasks()?;
            planned(&tasks, &file.sprint.id)
        }
    };
    let mut found = sprint_items(snapshot, config, &ids)?;
    let dropped = dropped(&file);
    for item in found.items.iter_mut().filter(|item| dropped.contains(&item.id)) {
        item.cancelled = true;
    }
    let from = scope.as_ref().map_or(to, |scope| scope.started);
    Ok(SprintData { file, scope, found, window: Window { from, to, calendar } })
}

/// Returns the tasks whose own files name a sprint.
pub(super) fn planned(tasks: &Tasks, id: &SprintId) -> BTreeSet<TaskId> {
    let (summaries, _) = tasks.select(|task| task.sprint == Some(id.as_str()));
    summaries.iter().filter_map(|task| TaskId::parse(task.id).ok()).collect()
}

/// What a change does to one sprint's scope.
type Entries = BTreeMap<SprintId, Vec<ScopeEntry>>;

/// Returns the records that follow from changes of tasks: one for each active sprint whose members or whose members'
/// estimates they change.
///
/// # Errors
/// Where a task would come into a sprint that is closed.
pub(in crate::ops) fn scope_changes(
    session: &Session<'_>,
    changes: &[Change],
    why: Option<&str>,
) -> Result<Vec<Change>> {
    let mut entries = Entries::new();
    let mut sprints = Sprints { session, known: BTreeMap::new() };
    for change in changes.iter().filter(|change| concerns_sprints(change)) {
        let Ok(after) = read_task(change.after.as_bytes()) else { continue };
        let before = change.before.as_ref().and_then(|text| read_task(text.as_bytes()).ok());
        follow(&mut sprints, before.as_ref(), &after, why, &mut entries)?;
    }
    entries.retain(|_, entries| !entries.is_empty());
    entries.into_iter().map(|(sprint, changes)| scope_record(session, &sprint, changes)).collect()
}

/// Whether a change is of a task that is, or was, in a sprint. Every write asks this.
fn concerns_sprints(change: &Change) -> bool {
    let names_one = |text: &str| text.starts_with("sprint:") || text.contains("\nsprint:");
    change.kind() == Some(RecordKind::Task)
        && !change.is_empty()
        && (names_one(&change.after) || change.before.as_deref().is_some_and(names_one))
}

/// The sprints that changes name, each with the tasks in its scope: read once, for many tasks change at a time.
struct Sprints<'s, 'e> {
    session: &'s Session<'e>,
    known: BTreeMap<SprintId, Option<(SprintFile, BTreeSet<TaskId>)>>,
}

impl Sprints<'_, '_> {
    fn read(&mut self, id: &SprintId) -> Result<Option<&(SprintFile, BTreeSet<TaskId>)>> {
        if !self.known.contains_key(id) {
            let file = self.session.snapshot().sprint(id)?;
            let read = file.map(|file| {
                let scope = scope_now(&file).into_keys().collect();
                (file, scope)
            });
            self.known.insert(id.clone(), read);
        }
        Ok(self.known.get(id).and_then(Option::as_ref))
    }

    /// Whether a sprint is active and has a task in its scope.
    fn is_in_active(&mut self, id: &SprintId, task: &TaskId) -> Result<bool> {
        let read = self.read(id)?.filter(|(file, _)| file.sprint.state() == SprintState::Active);
        Ok(read.is_some_and(|(_, scope)| scope.contains(task)))
    }
}

fn follow(
    sprints: &mut Sprints<'_, '_>,
    before: Option<&Task>,
    after: &Task,
    why: Option<&str>,
    entries: &mut Entries,
) -> Result<()> {
    let was = before.and_then(|task| task.sprint.as_ref());
    let is = after.sprint.as_ref();
    let estimate = after.estimate;
    let entry = |action| ScopeEntry {
        task: after.id.clone(),
        estimate: if action == ScopeAction::Removed { None } else { estimate },
        action,
        to: None,
        why: why.map(str::to_owned),
    };
    if was == is {
        let is_estimated = before.is_some_and(|task| task.estimate != estimate);
        if let Some(id) = is.filter(|_| is_estimated)
            && sprints.is_in_active(id, &after.id)?
        {
            entries.entry(id.clone()).or_default().push(entry(ScopeAction::Estimated));
        }
        return Ok(());
    }
    if let Some(id) = was
        && sprints.is_in_active(id, &after.id)?
    {
        entries.entry(id.clone()).or_default().push(entry(ScopeAction::Removed));
    }
    let Some(id) = is else { return Ok(()) };
    let session = sprints.session;
    let Some((file, scope)) = sprints.read(id)? else { return Ok(()) };
    match file.sprint.state() {
        SprintState::Closed => Err(refuse_closed(session, "add to", file)),
        SprintState::Active if !scope.contains(&after.id) => {
            entries.entry(id.clone()).or_default().push(entry(ScopeAction::Added));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Refuses a change of a sprint that is closed. Only the one that was closed last can be reopened.
pub(super) fn refuse_closed(session: &Session<'_>, action: &'static str, file: &SprintFile) -> Error {
    let sprint = file.sprint.id.clone();
    let fix = Some(match closed_after(session, file) {
        Ok(None) => Suggestion::tracker(["sprint", "reopen", sprint.as_str(), "…"]),
        _ => Suggestion::tracker(["sprint", "list"]),
    });
    let reason = Reason::SprintIs { sprint: sprint.clone(), state: SprintState::Closed, fix };
    Error::refused(Attempt::ChangeSprint { action, sprint }, reason)
}

/// Makes the record of a change of scope that is made now, under a name that no file has.
pub(super) fn scope_record(
    session: &Session<'_>,
    sprint: &SprintId,
    changes: Vec<ScopeEntry>,
) -> Result<Change> {
    let at = session.env().now();
    let (by, agent) = (session.actor()?, session.agent());
    let record = ScopeRecord {
        at,
        by,
        agent,
        changes,
        unknown: Vec::new(),
        warnings: Vec::new(),
        sprint: sprint.clone(),
    };
    // Records of one second are read in the order of their names.
    let count = session.snapshot().list(&RecordKind::scope_folder(sprint))?.len();
    loop {
        let unique = session.env().random_below(1 << 20);
        let name = format!("{}-{:04}-{unique:05x}.yaml", at.format("%Y%m%dT%H%M%SZ"), count + 1);
        let path = RecordPath::of_sprint(RecordKind::ScopeChange, sprint, &name);
        let path = path.expect("a time and a number make a name").to_string();
        if session.workspace().work_dir().join(&path).symlink_metadata().is_err() {
            return Ok(Change::create(path, create_scope_change(&record)));
        }
    }
}

/// Returns the sum of some estimates, and how many are missing.
pub(super) fn total<'m>(estimates: impl Iterator<Item = &'m Option<Minutes>>) -> (u32, usize) {
    estimates.fold((0, 0), |(sum, missing), estimate| match estimate {
        Some(minutes) => (sum.saturating_add(minutes.0), missing),
        None => (sum, missing + 1),
    })
}
