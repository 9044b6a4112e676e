//! What people look at: all sprints, one of them, and the status of an active one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::actions::{ActionView, last_actions};
use super::records::{SprintData, all, find, find_or_active, gather, planned, total};
use super::verify::numbers_of;
use crate::facts::{carried, item_without_votes, scope_now, sprint_days};
use crate::git::CommitId;
use crate::metrics::{self, FigureName, Numbers, Percentiles, Scores, days, series};
use crate::model::{
    Config, Minutes, Problem, RecordKind, RecordPath, ScopeRecord, ScoreRubric, Sprint, SprintEvent,
    SprintId, SprintState, Stage, Suggestion, Summary, Task, TaskId,
};
use crate::ops::signoffs::{facts_of_task, view_of};
use crate::ops::{Result, Session};
use crate::report::charts::{self, Chart};
use crate::store::{Snapshot, SprintFile, Tasks};

/// A sprint in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintLine {
    /// Its name.
    pub id: String,
    /// Its title, where it has one.
    pub title: Option<String>,
    /// `planned`, `active` or `closed`.
    pub state: &'static str,
    /// Its first day.
    pub starts: Option<NaiveDate>,
    /// Its last day.
    pub ends: Option<NaiveDate>,
    /// Tasks in its scope; before its start, tasks that are planned for it.
    pub tasks: usize,
    /// Tasks of those that are complete; of a closed one, those that it delivered.
    pub complete: usize,
    /// Minutes of the estimates in its scope.
    pub estimate_minutes: u32,
    /// Tasks in its scope without an estimate.
    pub without_estimate: usize,
    /// What it is for.
    pub goal: Option<String>,
}

/// All sprints.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintListing {
    /// In the order in which people count.
    pub sprints: Vec<SprintLine>,
}

/// Lists all sprints.
pub fn list_sprints(session: &Session<'_>) -> Result<SprintListing> {
    let (files, tasks) = (all(session)?, session.snapshot().tasks()?);
    let line = |file: &SprintFile| line_of(file, &members(&tasks, file), &tasks);
    Ok(SprintListing { sprints: files.iter().map(line).collect() })
}

/// The tasks of a sprint, each with its estimate.
pub(super) type Members = BTreeMap<TaskId, Option<Minutes>>;

/// Returns the tasks in a sprint's scope; before its start, those that are planned for it.
pub(super) fn members(tasks: &Tasks, file: &SprintFile) -> Members {
    if file.sprint.state() != SprintState::Planned {
        return scope_now(file);
    }
    let estimate = |id: &TaskId| tasks.find(id.as_str())?.estimate.map(Minutes);
    planned(tasks, &file.sprint.id).into_iter().map(|id| (id.clone(), estimate(&id))).collect()
}

pub(super) fn line_of(file: &SprintFile, members: &Members, tasks: &Tasks) -> SprintLine {
    let is_complete = |id: &TaskId| tasks.find(id.as_str()).is_some_and(|task| task.stage == Stage::COMPLETE);
    let (minutes, missing) = total(members.values());
    SprintLine {
        id: file.sprint.id.to_string(),
        title: file.sprint.title.clone(),
        state: file.sprint.state().as_str(),
        starts: file.sprint.starts,
        ends: file.sprint.ends,
        tasks: members.len(),
        complete: delivered(&file.sprint)
            .unwrap_or_else(|| members.keys().filter(|id| is_complete(id)).count()),
        estimate_minutes: minutes,
        without_estimate: missing,
        goal: file.sprint.goal.clone(),
    }
}

/// Returns how many tasks a closed sprint delivered, as its numbers say.
fn delivered(sprint: &Sprint) -> Option<usize> {
    let numbers = Numbers::read(sprint.numbers.as_ref()?).ok()?;
    usize::try_from(numbers.count(FigureName::Delivered)?).ok()
}

/// One sprint in full.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintShown {
    /// What a list shows of it.
    #[serde(flatten)]
    pub line: SprintLine,
    /// How much work fits in.
    pub capacity_minutes: Option<u32>,
    /// Days on which nobody works.
    pub blackout: Vec<NaiveDate>,
    /// The phase it belongs to.
    pub phase: Option<String>,
    /// The tasks in its scope, or planned for it.
    pub scope: Vec<SprintTask>,
    /// What happened to it as a whole.
    pub history: Vec<SprintEventView>,
    /// What happened to its scope since its start, oldest first.
    pub changes: Vec<ScopeChangeView>,
    /// The numbers that were frozen when it was closed.
    pub numbers: Option<Numbers>,
    /// The scores that follow from them, where the configuration of that commit has a rubric.
    pub scores: Option<Scores>,
    /// The documents in its folder.
    pub documents: Vec<String>,
}

/// A task of a sprint.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintTask {
    /// The id.
    pub id: String,
    /// Its title; none where no task has this id, or where its file cannot be read.
    pub title: Option<String>,
    /// Where it is.
    pub stage: Option<String>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Its estimate as the scope has it.
    pub estimate_minutes: Option<u32>,
    /// Whether it was in the sprint at its start.
    pub committed: bool,
    /// The sprint that it goes on in, where it was carried over.
    pub carried_to: Option<String>,
}

/// Something that happened to a sprint.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintEventView {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// `started`, `closed` or `reopened`.
    pub action: &'static str,
    /// The commit that it was computed from.
    pub commit: Option<String>,
    /// Why.
    pub why: Option<String>,
}

/// A change of a sprint's scope, one task.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ScopeChangeView {
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: String,
    /// The task.
    pub task: String,
    /// `added`, `removed`, `estimated`, `cancelled` or `carried`.
    pub change: &'static str,
    /// The estimate from then on.
    pub estimate_minutes: Option<u32>,
    /// Why.
    pub why: Option<String>,
}

/// Shows one sprint, or the only one that is active.
pub fn show_sprint(session: &Session<'_>, name: Option<&str>) -> Result<SprintShown> {
    let (file, tasks) = (find_or_active(session, name)?, session.snapshot().tasks()?);
    let members = members(&tasks, &file);
    let folder = format!("{}/{}", RecordKind::SprintDocument.folder(), file.sprint.id);
    let names = session.snapshot().list(&folder)?.into_iter().map(|entry| format!("{folder}/{}", entry.name));
    let is_document =
        |path: &String| RecordPath::parse(path).is_some_and(|path| path.kind() == RecordKind::SprintDocument);
    let sprint = &file.sprint;
    let numbers = sprint.numbers.as_ref().and_then(|numbers| Numbers::read(numbers).ok());
    let rubric = if numbers.is_some() { rubric_at_close(session, sprint)? } else { None };
    Ok(SprintShown {
        scores: numbers.as_ref().zip(rubric).map(|(numbers, rubric)| Scores::of(numbers, &rubric)),
        capacity_minutes: sprint.capacity.map(|capacity| capacity.0),
        blackout: sprint.blackout.clone(),
        phase: sprint.phase.clone(),
        scope: scope_view(&file, &members, &tasks),
        history: sprint.history.iter().map(event_view).collect(),
        changes: file.scope.iter().flat_map(change_views).collect(),
        numbers,
        documents: names.filter(is_document).collect(),
        line: line_of(&file, &members, &tasks),
    })
}

/// Returns how a closed sprint is scored, as the commit says that its numbers are of; none where that is not here.
fn rubric_at_close(session: &Session<'_>, sprint: &Sprint) -> Result<Option<ScoreRubric>> {
    let commit = sprint.closed().and_then(|event| CommitId::parse(event.commit.as_deref()?).ok());
    let Some(commit) = commit else { return Ok(None) };
    let snapshot = session.workspace().snapshot_of_commit(Some(commit));
    Ok(snapshot.ok().and_then(|snapshot| Some(snapshot.config().ok()?.0.sprints.scores)).flatten())
}

fn event_view(event: &SprintEvent) -> SprintEventView {
    SprintEventView {
        at: event.at,
        by: event.by.clone(),
        action: event.action.as_str(),
        commit: event.commit.clone(),
        why: event.why.clone(),
    }
}

fn change_views(record: &ScopeRecord) -> impl Iterator<Item = ScopeChangeView> {
    record.changes.iter().map(|entry| ScopeChangeView {
        at: record.at,
        by: record.by.clone(),
        task: entry.task.to_string(),
        change: entry.action.as_str(),
        estimate_minutes: entry.estimate.map(|estimate| estimate.0),
        why: entry.why.clone(),
    })
}

fn scope_view(file: &SprintFile, members: &Members, tasks: &Tasks) -> Vec<SprintTask> {
    let committed: BTreeSet<&TaskId> = file.sprint.committed.iter().map(|one| &one.task).collect();
    let carried = carried(file);
    let is_closed = file.sprint.state() == SprintState::Closed;
    // Of a close that was taken back the task's own file tells whether it has come back.
    let goes_on = |task: Option<&Summary<'_>>, to: &SprintId| {
        is_closed || task.is_some_and(|task| task.sprint == Some(to.as_str()))
    };
    let view = |(id, estimate): (&TaskId, &Option<Minutes>)| {
        let task = tasks.find(id.as_str());
        let text = |value: Option<&str>| value.map(str::to_owned);
        SprintTask {
            title: task.as_ref().map(|task| task.title.to_owned()),
            stage: task.as_ref().map(|task| task.stage.to_owned()),
            cancelled: task.as_ref().is_some_and(|task| task.cancelled.is_some()),
            assignee: task.as_ref().and_then(|task| text(task.assignee)),
            estimate_minutes: estimate.map(|estimate| estimate.0),
            committed: committed.contains(id),
            carried_to: carried.get(id).filter(|to| goes_on(task.as_ref(), to)).map(ToString::to_string),
            id: id.to_string(),
        }
    };
    members.iter().map(view).collect()
}

/// The status of a sprint.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintStatus {
    /// What a list shows of it.
    #[serde(flatten)]
    pub line: SprintLine,
    /// Days that are left, today included, those on which nobody works left out; none before its start.
    pub days_left: Option<usize>,
    /// Its numbers up to now; of a closed one, those that were frozen.
    pub numbers: Option<Numbers>,
    /// Its scope and what of it was complete, at the end of each day.
    pub burn_up: Vec<BurnUpDay>,
    /// The same as a chart; none before its start.
    #[serde(skip)]
    pub burn_up_chart: Option<Chart>,
    /// What is in progress, the oldest first.
    pub in_progress: Vec<InProgress>,
    /// How long the team's finished tasks of sprints took, in seconds.
    pub team_cycle_time: Option<Percentiles>,
    /// Tasks that may not be done in time, and why.
    pub at_risk: Vec<AtRisk>,
    /// What the last sprint's postmortem requested and is not done.
    pub open_actions: Vec<ActionView>,
    /// Tasks whose own file and the sprint's scope disagree: somebody edited a file by hand.
    pub drift: Vec<Drift>,
}

/// One day of a burn-up.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BurnUpDay {
    /// The day.
    pub day: NaiveDate,
    /// Tasks in the scope at its end.
    pub scope: usize,
    /// Tasks of those that were complete.
    pub complete: usize,
}

/// A task in progress.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InProgress {
    /// The id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it is.
    pub stage: String,
    /// Who works on it.
    pub assignee: Option<String>,
    /// How long ago it was started, in seconds.
    pub age: i64,
    /// The highest of 50, 70, 85 and 95 such that the age is beyond what that percentage of the team's tasks took.
    pub beyond: Option<u8>,
    /// What keeps it where it is, each with whom it waits for.
    pub waits_for: Vec<String>,
}

/// A task that may not be done in time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AtRisk {
    /// The id.
    pub id: String,
    /// Why.
    pub why: Vec<String>,
}

/// A task that was edited by hand.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Drift {
    /// The id.
    pub id: String,
    /// What disagrees.
    pub message: String,
    /// The command that brings the two together.
    pub suggestion: Suggestion,
}

/// Returns the status of a sprint, or the only one that is active.
pub fn sprint_status(session: &Session<'_>, name: Option<&str>) -> Result<(SprintStatus, Vec<Problem>)> {
    let file = find_or_active(session, name)?;
    let tasks = session.snapshot().tasks()?;
    let line = line_of(&file, &members(&tasks, &file), &tasks);
    let data = gather(session, file)?;
    let (config, mut problems) = session.config_or_default();
    problems.extend(data.found.problems.iter().cloned());
    let is_active = data.file.sprint.state() == SprintState::Active;
    let team = team_cycle_time(session, &config, &data)?;
    let in_progress = if is_active { in_progress(session, &data, team)? } else { Vec::new() };
    let last = if is_active { last_actions(session, &data.file.sprint.id)? } else { None };
    let open_actions = last.into_iter().flat_map(|(_, actions)| actions).filter(|one| !one.done).collect();
    let status = SprintStatus {
        days_left: is_active.then(|| days_left(&data, session.env().today())),
        burn_up: burn_up(&data),
        burn_up_chart: data
            .scope
            .as_ref()
            .and_then(|scope| charts::burn_up(&data.found.items, scope, &data.window)),
        at_risk: if is_active {
            at_risk(&data, &in_progress, &tasks, session.env().today())
        } else {
            Vec::new()
        },
        drift: if is_active { sprint_drift(&tasks, &data.file) } else { Vec::new() },
        team_cycle_time: team,
        numbers: numbers_so_far(&data, &config),
        in_progress,
        open_actions,
        line,
    };
    Ok((status, problems))
}

/// Returns the numbers that were frozen, or those up to now; none before the start.
pub(super) fn numbers_so_far(data: &SprintData, config: &Config) -> Option<Numbers> {
    match &data.file.sprint.numbers {
        Some(frozen) => Numbers::read(frozen).ok(),
        None => data.scope.is_some().then(|| numbers_of(data, config)),
    }
}

fn last_day(data: &SprintData) -> NaiveDate {
    let started = data.file.sprint.started().map_or(data.window.to, |event| event.at);
    sprint_days(&data.file, data.window.calendar.day_of(started)).1
}

fn days_left(data: &SprintData, today: NaiveDate) -> usize {
    days(today, last_day(data)).filter(|day| !data.file.sprint.blackout.contains(day)).count()
}

/// Returns how far a sprint was at the end of each of its days that has come.
fn burn_up(data: &SprintData) -> Vec<BurnUpDay> {
    let Some(scope) = &data.scope else { return Vec::new() };
    let burn = series::burn(&data.found.items, scope, &data.window);
    let counts = burn.scope.iter().zip(&burn.done);
    let day = |(day, (scope, done)): (&NaiveDate, (&u64, &u64))| BurnUpDay {
        day: *day,
        scope: usize::try_from(*scope).unwrap_or(usize::MAX),
        complete: usize::try_from(*done).unwrap_or(usize::MAX),
    };
    burn.days.iter().zip(counts).map(day).collect()
}

/// Returns how long the finished tasks of sprints took.
fn team_cycle_time(session: &Session<'_>, config: &Config, data: &SprintData) -> Result<Option<Percentiles>> {
    let tasks = session.snapshot().tasks()?;
    let (finished, _) =
        tasks.select(|task| task.sprint.is_some() && task.is_closed() && task.cancelled.is_none());
    let ids: BTreeSet<TaskId> = finished.iter().filter_map(|task| TaskId::parse(task.id).ok()).collect();
    let mut took: Vec<i64> = Vec::new();
    for id in ids {
        let known = data.found.items.iter().find(|item| item.id == id).cloned();
        let read = match known {
            Some(item) => Some(item),
            None => session.snapshot().readable_task(&id)?.map(|task| item_without_votes(config, &task)),
        };
        took.extend(read.and_then(|item| item.cycle_time(data.window.to)));
    }
    Ok(Percentiles::of(took))
}

fn in_progress(
    session: &Session<'_>,
    data: &SprintData,
    team: Option<Percentiles>,
) -> Result<Vec<InProgress>> {
    let (config, _) = session.config_or_default();
    let now = session.env().now();
    let scope = scope_now(&data.file);
    let mut found = Vec::new();
    for item in data.found.items.iter().filter(|item| scope.contains_key(&item.id) && !item.cancelled) {
        let Some(task) = open_task(session.snapshot(), &item.id)? else { continue };
        let Some(age) = item.age(now) else { continue };
        let beyond = team.and_then(|team| {
            let marks = [(95, team.p95), (85, team.p85), (70, team.p70), (50, team.p50)];
            marks.into_iter().find(|(_, mark)| age > *mark).map(|(percent, _)| percent)
        });
        let (stage, assignee) = (task.stage.to_string(), task.assignee.clone());
        let facts = facts_of_task(session, &config, task)?;
        let missing = view_of(session, &config, &facts).missing;
        found.push(InProgress {
            id: item.id.to_string(),
            title: item.title.clone(),
            stage,
            assignee,
            age,
            beyond,
            waits_for: missing.iter().map(|one| format!("{} {}", one.label, one.text)).collect(),
        });
    }
    found.sort_by(|a, b| b.age.cmp(&a.age).then_with(|| a.id.cmp(&b.id)));
    Ok(found)
}

/// Reads a task that is neither complete nor cancelled.
pub(super) fn open_task(snapshot: &Snapshot, id: &TaskId) -> Result<Option<Task>> {
    let task = snapshot.readable_task(id)?;
    Ok(task.filter(|task| task.cancelled.is_none() && !task.stage.is_complete()))
}

/// Says what a task waits for: a reason that somebody has given, and each open task, where it is, and with whom.
fn what_blocks(task: &Task, tasks: &Tasks) -> Vec<String> {
    let by_hand = task.blocked.as_deref().map(|why| match why.trim() {
        "" => "it is blocked".to_owned(),
        why => format!("it is blocked: {why}"),
    });
    let waits_for = |id: &TaskId| match tasks.find(id.as_str()) {
        None => Some(format!("it waits for {id}, which no task has")),
        Some(other) if other.is_closed() => None,
        Some(other) => {
            let who = other.assignee.map(|who| format!(", {who}")).unwrap_or_default();
            Some(format!("it waits for {id} ({}{who})", other.stage))
        }
    };
    by_hand.into_iter().chain(task.depends_on.iter().filter_map(waits_for)).collect()
}

fn at_risk(data: &SprintData, in_progress: &[InProgress], tasks: &Tasks, today: NaiveDate) -> Vec<AtRisk> {
    let scope = scope_now(&data.file);
    let left = days_left(data, today);
    let mut risks = Vec::new();
    let items = data.found.items.iter().zip(&data.found.records);
    for (item, records) in items.filter(|(item, _)| scope.contains_key(&item.id) && !item.cancelled) {
        if item.moves.last().map_or(&item.stage, |step| &step.to).is_complete() {
            continue;
        }
        let mut why = what_blocks(&records.task, tasks);
        let own = in_progress.iter().find(|one| *one.id == *item.id.as_str());
        if let Some(beyond) = own.and_then(|one| one.beyond).filter(|percent| *percent >= 85) {
            why.push(format!("it is older than {beyond} % of the team's tasks were when they were done"));
        }
        if own.is_none() && left <= 2 {
            let left = if left == 1 { "1 day is".to_owned() } else { format!("{left} days are") };
            why.push(format!("it has not begun, and {left} left"));
        }
        if item.findings.iter().any(|finding| finding.state.is_open()) {
            why.push("it has open findings".to_owned());
        }
        if !why.is_empty() {
            risks.push(AtRisk { id: item.id.to_string(), why });
        }
    }
    risks
}

/// Returns those of the tasks whose own `sprint` or estimate is another than the scope's.
pub(in crate::ops) fn sprint_drift(tasks: &Tasks, file: &SprintFile) -> Vec<Drift> {
    let id = &file.sprint.id;
    let (scope, own, carried) = (scope_now(file), planned(tasks, id), carried(file));
    let mut found = Vec::new();
    for task in own.iter().filter(|task| !scope.contains_key(*task)) {
        let suggestion = Suggestion::tracker(["sprint", "add", id.as_str(), task.as_str()]);
        let message = format!("its file names {id}, and no record added it since the start");
        found.push(Drift { id: task.to_string(), message, suggestion });
    }
    for (task, estimate) in &scope {
        let record = |verb: &str| Suggestion::tracker(["sprint", verb, id.as_str(), task.as_str()]);
        match tasks.find(task.as_str()) {
            None => {
                let message = "no task has this id, and no record removed it".to_owned();
                found.push(Drift { id: task.to_string(), message, suggestion: record("remove") });
            }
            // A close that was taken back had moved it on.
            Some(read) if read.sprint.is_some() && read.sprint == carried.get(task).map(SprintId::as_str) => {
            }
            Some(read) if read.sprint != Some(id.as_str()) => {
                let message = format!("its file does not name {id}, and no record removed it");
                found.push(Drift { id: task.to_string(), message, suggestion: record("remove") });
            }
            Some(read) if read.estimate.map(Minutes) != *estimate => {
                let shown =
                    |time: Option<Minutes>| time.map_or_else(|| "none".to_owned(), |time| time.to_string());
                let (is, was) = (shown(read.estimate.map(Minutes)), shown(*estimate));
                let message = format!("its estimate is {is}, and the scope has {was}");
                found.push(Drift { id: task.to_string(), message, suggestion: record("add") });
            }
            Some(_) => {}
        }
    }
    found
}

/// What a forecast needs of a sprint.
#[derive(Debug)]
pub(in crate::ops) struct SprintAhead {
    pub(in crate::ops) id: SprintId,
    pub(in crate::ops) starts: NaiveDate,
    pub(in crate::ops) ends: NaiveDate,
    pub(in crate::ops) blackout: Vec<NaiveDate>,
    /// The tasks in its scope, or planned for it.
    pub(in crate::ops) members: BTreeSet<TaskId>,
}

/// Reads what a forecast needs of a sprint that is not closed.
pub(in crate::ops) fn sprint_ahead(session: &Session<'_>, name: &str) -> Result<SprintAhead> {
    let file = find(session, name)?;
    if file.sprint.state() == SprintState::Closed {
        return Err(super::records::refuse_closed(session, "forecast", &file));
    }
    let calendar = metrics::Calendar::at(*session.env().local_now().offset());
    let started =
        file.sprint.started().map_or_else(|| session.env().today(), |event| calendar.day_of(event.at));
    let (starts, ends) = sprint_days(&file, started);
    let tasks = session.snapshot().tasks()?;
    let members = members(&tasks, &file);
    Ok(SprintAhead {
        starts,
        ends,
        blackout: file.sprint.blackout.clone(),
        members: members.into_keys().collect(),
        id: file.sprint.id,
    })
}
