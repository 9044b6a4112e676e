//! The data of reports about sprints. Of a closed sprint it is as of the commit that its numbers are of, so that a report
//! rendered a year later is the one that the close wrote.

mod plan;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, FixedOffset, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::sprint_days;
use crate::git::CommitId;
use crate::metrics::series::ProcessLimits;
use crate::metrics::{Calendar, FigureName, Numbers, Value};
use crate::model::{
    Config, Problem, RecordKind, ScoreRubric, SprintEvidence, SprintId, SprintState, Suggestion, Summary,
    TaskId,
};
use crate::ops::sprint::actions::actions_of;
use crate::ops::sprint::branches::merged_branches;
use crate::ops::sprint::plan::path_of;
use crate::ops::sprint::records::{
    SprintData, all, carried_over, closed_before, find_or_active, find_or_closed_last, gather, gather_at,
};
use crate::ops::sprint::verify::numbers_of;
use crate::ops::sprint::view::members;
use crate::ops::{Error, Result, Session};
pub(in crate::ops) use plan::{in_order, lines_of, plan_context};

use crate::report::charts::Chart;
use crate::report::closing::{
    ChangelogContext, ChangelogSection, ChangelogTask, ClosingFacts, Postmortem, PostmortemContext,
    read_postmortem, span, value_text,
};
use crate::report::sprint::{SprintContext, SprintReport, drawn};
use crate::store::SprintFile;

/// What reports of a started sprint are made of.
pub(super) struct ReportData {
    pub(super) data: SprintData,
    numbers: Numbers,
    /// The moment of the close as people read it, and the commit.
    closed: Option<(String, String)>,
    last_evidence: Vec<SprintEvidence>,
    carried: BTreeMap<TaskId, SprintId>,
    merged: Vec<String>,
    rubric: Option<ScoreRubric>,
    project: Option<String>,
}

/// Returns a moment as people read it, where days begin at this offset.
pub(super) fn moment_text(at: DateTime<Utc>, offset: FixedOffset) -> String {
    at.with_timezone(&offset).format("%Y-%m-%d %H:%M %:z").to_string()
}

impl ReportData {
    /// Reads a sprint that has started.
    pub(super) fn read(session: &Session<'_>, file: SprintFile, problems: &mut Vec<Problem>) -> Result<Self> {
        let id = file.sprint.id.clone();
        if file.sprint.state() == SprintState::Planned {
            let plan = Suggestion::tracker(["report", "plan", id.as_str()]);
            let start = Suggestion::tracker(["sprint", "start", id.as_str()]);
            let hint = format!("run `{plan}`, or `{start}` first");
            return Err(Error::usage_with(format!("{id} has not started"), hint));
        }
        let closed = file.sprint.closed().cloned();
        let commit = closed.as_ref().and_then(|event| event.commit.clone());
        let frozen = file.sprint.numbers.as_ref().and_then(|numbers| Numbers::read(numbers).ok());
        let last = closed_before(session, &file)?;
        let tip = commit.clone().unwrap_or_else(|| "HEAD".to_owned());
        let merged = merged_branches(session, &file, &tip);
        let (data, config) = as_of_close(session, file, problems)?;
        let closed = closed.zip(commit).map(|(event, commit)| {
            let offset = event.offset.unwrap_or_else(|| data.window.calendar.offset());
            (moment_text(event.at, offset), commit)
        });
        let numbers = frozen.unwrap_or_else(|| numbers_of(&data, &config));
        Ok(Self {
            carried: carried_over(&data.file, &numbers),
            numbers,
            last_evidence: last.map(|file| file.sprint.evidence).unwrap_or_default(),
            data,
            closed,
            merged,
            rubric: config.sprints.scores,
            project: config.project,
        })
    }

    /// Draws the charts.
    pub(super) fn charts(&self) -> Vec<Chart> {
        let (facts, scope) = (self.facts(), self.data.scope.as_ref().expect("it has started"));
        drawn(&report_of(&facts, scope, &self.data, None, None))
    }

    pub(super) fn facts(&self) -> ClosingFacts<'_> {
        let (file, window) = (&self.data.file, &self.data.window);
        ClosingFacts {
            sprint: &file.sprint,
            days: sprint_days(file, window.calendar.day_of(window.from)),
            closed: self.closed.as_ref().map(|(at, commit)| (at.as_str(), commit.as_str())),
            numbers: &self.numbers,
            items: &self.data.found.items,
            evidence: &file.sprint.evidence,
            last_evidence: &self.last_evidence,
            carried: &self.carried,
            merged: &self.merged,
        }
    }
}

/// Reads what a sprint's numbers are made of; of a closed one from its commit, as far as that is here.
fn as_of_close(
    session: &Session<'_>,
    file: SprintFile,
    problems: &mut Vec<Problem>,
) -> Result<(SprintData, Config)> {
    let closed = file.sprint.closed().cloned();
    if let Some((event, commit)) = closed.and_then(|event| Some((event.clone(), event.commit?))) {
        let commit_id = CommitId::parse(&commit).ok();
        let snapshot = commit_id.map(|id| session.workspace().snapshot_of_commit(Some(id)));
        if let (Some(Ok(snapshot)), Some(offset)) = (snapshot, event.offset) {
            let (config, _) = snapshot.config()?;
            let data = gather_at(&snapshot, &config, file, event.at, Calendar::at(offset))?;
            return Ok((data, config));
        }
        let message =
            format!("commit {commit} of {} is not here; its tasks are shown as today", file.sprint.id);
        problems.push(Problem::warning(message).in_file(path_of(&file.sprint.id)));
    }
    let (config, _) = session.config_or_default();
    Ok((gather(session, file)?, config))
}

/// Returns the report of a sprint, or of the only one that is active.
pub(in crate::ops) fn sprint_context(
    session: &Session<'_>,
    name: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Result<SprintContext> {
    let read = ReportData::read(session, active_or_last(session, name)?, problems)?;
    let (facts, scope) = (read.facts(), read.data.scope.as_ref().expect("it has started"));
    let (project, rubric) = (read.project.as_deref(), read.rubric.as_ref());
    Ok(SprintContext::of(&report_of(&facts, scope, &read.data, project, rubric)))
}

/// Puts together what the report of a sprint is made of.
pub(super) fn report_of<'r>(
    facts: &'r ClosingFacts<'r>,
    scope: &'r crate::metrics::Scope,
    data: &'r SprintData,
    project: Option<&'r str>,
    rubric: Option<&'r ScoreRubric>,
) -> SprintReport<'r> {
    SprintReport {
        project,
        sprint: facts.sprint,
        numbers: facts.numbers,
        scope,
        items: facts.items,
        window: &data.window,
        commit: facts.closed.map(|(_, commit)| commit),
        evidence: facts.evidence_lines(),
        carried: facts.carried.iter().map(|(task, to)| (task.to_string(), to.to_string())).collect(),
        merged: facts.merged,
        rubric,
    }
}

/// The charts of a sprint.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SprintChartsView {
    /// Its name.
    pub sprint: String,
    /// Its title.
    pub title: Option<String>,
    /// Those of which there is anything to show.
    pub charts: Vec<Chart>,
}

/// Returns the charts of a sprint: of a closed one as of its commit.
pub fn sprint_charts(session: &Session<'_>, name: Option<&str>) -> Result<(SprintChartsView, Vec<Problem>)> {
    let mut problems = Vec::new();
    let read = ReportData::read(session, active_or_last(session, name)?, &mut problems)?;
    let sprint = &read.data.file.sprint;
    let (id, title) = (sprint.id.to_string(), sprint.title.clone());
    Ok((SprintChartsView { sprint: id, title, charts: read.charts() }, problems))
}

/// Finds the sprint that is named, the only one that is active, or the one that was closed last.
fn active_or_last(session: &Session<'_>, name: Option<&str>) -> Result<SprintFile> {
    match find_or_active(session, name) {
        Err(error) if name.is_none() => find_or_closed_last(session, None).map_err(|_| error),
        found => found,
    }
}

/// Returns the postmortem of a sprint: what people wrote, with its facts.
pub(in crate::ops) fn postmortem_context(
    session: &Session<'_>,
    name: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Result<PostmortemContext> {
    let read = ReportData::read(session, active_or_last(session, name)?, problems)?;
    let id = &read.data.file.sprint.id;
    let path = format!("{}/{id}/POSTMORTEM.md", RecordKind::SprintDocument.folder());
    let text = session.snapshot().read(&path)?.and_then(|bytes| String::from_utf8(bytes).ok());
    let own = match text.map(|text| read_postmortem(&text, &crate::ops::sprint::actions::ACTION_KINDS)) {
        Some(Ok(own)) => own,
        Some(Err(found)) => {
            problems.extend(found.into_iter().map(|problem| problem.in_file(&path)));
            Postmortem::default()
        }
        None => Postmortem::default(),
    };
    Ok(own.context(&read.facts()))
}

/// The data of the template `history`.
#[derive(Debug, Serialize)]
pub(in crate::ops) struct HistoryContext {
    /// The project's name.
    project: Option<String>,
    /// The closed sprints, oldest first.
    sprints: Vec<HistoryRow>,
    /// What the counts of delivered tasks say together.
    trend: String,
}

/// A closed sprint.
#[derive(Debug, Serialize)]
struct HistoryRow {
    id: String,
    title: Option<String>,
    goal: Option<String>,
    from: String,
    to: String,
    closed_at: String,
    commit: Option<String>,
    committed: u64,
    delivered: u64,
    delivery: String,
    added: u64,
    removed: u64,
    carried_over: u64,
    /// The cycle time that 85 % of its tasks did not exceed.
    sle: String,
    rework_loops: u64,
    summary: String,
    evidence: Vec<String>,
    carried: Vec<(String, String)>,
    actions: usize,
    actions_done: usize,
    documents: Vec<DocumentLink>,
}

#[derive(Debug, Serialize)]
struct DocumentLink {
    name: String,
    path: String,
}

/// Returns all closed sprints, with their frozen figures.
pub(in crate::ops) fn history_context(
    session: &Session<'_>,
    problems: &mut Vec<Problem>,
) -> Result<HistoryContext> {
    let (config, _) = session.config_or_default();
    let mut files: Vec<SprintFile> =
        all(session)?.into_iter().filter(|file| file.sprint.closed().is_some()).collect();
    files.sort_by_key(|file| file.sprint.closed().map(|event| event.at));
    let (mut sprints, mut last_evidence) = (Vec::new(), Vec::new());
    for file in files {
        match history_row(session, &file, &last_evidence)? {
            Some(row) => sprints.push(row),
            None => {
                let problem = Problem::warning("the numbers that were frozen cannot be read");
                problems.push(problem.in_file(path_of(&file.sprint.id)));
            }
        }
        last_evidence = file.sprint.evidence;
    }
    let delivered: Vec<u32> =
        sprints.iter().map(|row| u32::try_from(row.delivered).unwrap_or(u32::MAX)).collect();
    Ok(HistoryContext { project: config.project, trend: trend(&delivered), sprints })
}

/// Says whether the counts of delivered tasks differ by more than they do by themselves.
fn trend(delivered: &[u32]) -> String {
    let Some(limits) = ProcessLimits::of(delivered) else {
        return "With fewer than six sprints nothing tells a change from noise.".to_owned();
    };
    let (lower, upper) = (limits.lower / 1000, (limits.upper + 999) / 1000);
    match limits.signals.len() {
        0 => format!("Delivered tasks vary from {lower} to {upper} by themselves: no sprint is a signal."),
        count => format!(
            "{count} of {} sprints are signals: outside {lower} to {upper} delivered tasks, or eight in a row on one side of the average.",
            delivered.len()
        ),
    }
}

fn history_row(
    session: &Session<'_>,
    file: &SprintFile,
    last_evidence: &[SprintEvidence],
) -> Result<Option<HistoryRow>> {
    let sprint = &file.sprint;
    let Some(closed) = sprint.closed() else { return Ok(None) };
    let Some(numbers) = sprint.numbers.as_ref().and_then(|numbers| Numbers::read(numbers).ok()) else {
        return Ok(None);
    };
    let calendar =
        closed.offset.map_or_else(|| Calendar::at(*session.env().local_now().offset()), Calendar::at);
    let carried = carried_over(file, &numbers);
    let facts = ClosingFacts {
        sprint,
        days: sprint_days(file, calendar.day_of(numbers.from)),
        closed: None,
        numbers: &numbers,
        items: &[],
        evidence: &sprint.evidence,
        last_evidence,
        carried: &carried,
        merged: &[],
    };
    let count = |name| numbers.count(name).unwrap_or(0);
    let text =
        |name| numbers.figure(name).map_or_else(|| "-".to_owned(), |figure| value_text(&figure.value, name));
    let actions = actions_of(session, &sprint.id)?;
    Ok(Some(HistoryRow {
        id: sprint.id.to_string(),
        title: sprint.title.clone(),
        goal: sprint.goal.clone(),
        from: facts.days.0.to_string(),
        to: facts.days.1.to_string(),
        closed_at: moment_text(closed.at, calendar.offset()),
        commit: closed.commit.clone(),
        committed: count(FigureName::Committed),
        delivered: count(FigureName::Delivered),
        delivery: text(FigureName::Delivery),
        added: count(FigureName::Added),
        removed: count(FigureName::Removed),
        carried_over: count(FigureName::CarriedOver),
        sle: match numbers.figure(FigureName::Sle).map(|figure| &figure.value) {
            Some(Value::Expectation { percent, seconds }) => {
                format!("{percent} % within {}", span(*seconds))
            }
            _ => "-".to_owned(),
        },
        rework_loops: count(FigureName::ReworkLoops),
        summary: facts.summary(),
        evidence: facts.evidence_lines(),
        carried: carried.iter().map(|(task, to)| (task.to_string(), to.to_string())).collect(),
        actions_done: actions.iter().filter(|action| action.done).count(),
        actions: actions.len(),
        documents: document_links(session, &sprint.id)?,
    }))
}

/// Returns the documents of a sprint that are there.
fn document_links(session: &Session<'_>, id: &SprintId) -> Result<Vec<DocumentLink>> {
    const NAMES: [&str; 5] = ["report.md", "report.html", "POSTMORTEM.md", "CHANGELOG.md", "TASK_CARDS.md"];
    let folder = format!("{}/{id}", RecordKind::SprintDocument.folder());
    let names: BTreeSet<String> =
        session.snapshot().list(&folder)?.into_iter().map(|entry| entry.name).collect();
    let link = |name: &str| DocumentLink { name: name.to_owned(), path: format!("{folder}/{name}") };
    Ok(NAMES.into_iter().filter(|name| names.contains(*name)).map(link).collect())
}

/// Returns what was delivered: by one sprint, or by all closed ones and since.
pub(in crate::ops) fn changelog_context(
    session: &Session<'_>,
    name: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Result<ChangelogContext> {
    let (config, _) = session.config_or_default();
    if name.is_some() {
        let read = ReportData::read(session, find_or_active(session, name)?, problems)?;
        return Ok(one_changelog(&read.facts()));
    }
    let mut files: Vec<SprintFile> =
        all(session)?.into_iter().filter(|file| file.sprint.closed().is_some()).collect();
    files.sort_by_key(|file| std::cmp::Reverse(file.sprint.closed().map(|event| event.at)));
    let (mut delivered, mut sections) = (BTreeSet::new(), Vec::new());
    for file in files {
        let read = ReportData::read(session, file, problems)?;
        let tasks = read.numbers.figure(FigureName::Delivered).map(|figure| figure.tasks.clone());
        delivered.extend(tasks.unwrap_or_default());
        sections.push(ChangelogSection::of_sprint(&read.facts()));
    }
    let tasks = session.snapshot().tasks()?;
    let (complete, _) = tasks.select(|task| task.is_complete() && !delivered.contains(task.id));
    let task = |task: &Summary<'_>| ChangelogTask { id: task.id.to_owned(), title: task.title.to_owned() };
    let rest = ChangelogSection::of(complete.iter().map(|one| (one.kind, task(one))));
    if !rest.groups.is_empty() {
        sections.insert(0, rest);
    }
    Ok(ChangelogContext { project: config.project, is_of_one: false, sections })
}

/// Returns what one sprint delivered.
pub(super) fn one_changelog(facts: &ClosingFacts<'_>) -> ChangelogContext {
    ChangelogContext { project: None, is_of_one: true, sections: vec![ChangelogSection::of_sprint(facts)] }
}

/// Returns the id of the sprint that a name means.
pub(in crate::ops) fn sprint_named(session: &Session<'_>, name: &str) -> Result<SprintId> {
    Ok(crate::ops::sprint::records::find(session, name)?.sprint.id)
}

/// Returns a sprint's id, and the tasks in its scope or planned for it.
pub(in crate::ops) fn sprint_members(
    session: &Session<'_>,
    name: &str,
) -> Result<(SprintId, BTreeSet<TaskId>)> {
    let file = crate::ops::sprint::records::find(session, name)?;
    let tasks = session.snapshot().tasks()?;
    let members = members(&tasks, &file);
    Ok((file.sprint.id, members.into_keys().collect()))
}

/// Returns the tests that were attached to the sprint that was closed last, of those that have any.
pub(in crate::ops) fn last_tests(session: &Session<'_>) -> Result<Option<(String, SprintEvidence)>> {
    let mut files = all(session)?;
    files.sort_by_key(|file| file.sprint.closed().map(|event| event.at));
    let tests = |file: SprintFile| {
        let is_tests =
            |one: &SprintEvidence| matches!(one.counts, crate::model::EvidenceCounts::Tests { .. });
        let found = file.sprint.evidence.iter().find(|one| is_tests(one)).cloned()?;
        Some((file.sprint.id.to_string(), found))
    };
    Ok(files.into_iter().rev().find_map(tests))
}
