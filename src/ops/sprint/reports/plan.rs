//! The plan of a sprint: what it is to do, in the order in which it can be done, against what fits in.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use crate::doc::is_heading;
use crate::facts::{carried, waits_for};
use crate::metrics::{FigureName, Numbers, days};
use crate::model::{Config, Minutes, Problem, SprintId, SprintState, Summary, TaskId};
use crate::ops::select::{Selector, read_query};
use crate::ops::sprint::actions::{ActionView, last_actions};
use crate::ops::sprint::records::{all, find_or_active};
use crate::ops::sprint::view::{SprintLine, line_of, members};
use crate::ops::view::{BoxView, boxes_of};
use crate::ops::{Result, Session, TaskLine};
use crate::policy::dependency_levels;
use crate::report::closing::value_text;
use crate::store::SprintFile;

/// The data of the template `plan`.
#[derive(Debug, Serialize)]
pub(in crate::ops) struct PlanContext {
    /// The project's name.
    project: Option<String>,
    /// Name, title, state, dates, goal and counts.
    sprint: SprintLine,
    /// The phase it belongs to.
    phase: Option<String>,
    /// Days on which nobody works.
    blackout: Vec<NaiveDate>,
    /// Days from the first to the last; none where it has no dates.
    days: Option<usize>,
    /// Those of them on which somebody works.
    working_days: Option<usize>,
    /// How much work fits in, such as `40h`.
    capacity: Option<String>,
    /// The sum of the estimates.
    estimated: Option<String>,
    /// How much the estimates exceed the capacity.
    over: Option<String>,
    /// How much they leave of it.
    spare: Option<String>,
    /// Tasks without an estimate.
    without_estimate: usize,
    /// Its tasks: those that others wait for first, then by priority.
    tasks: Vec<PlannedTask>,
    /// Open tasks outside of it that tasks of it wait for.
    outside: Vec<OutsideTask>,
    /// Tasks that were carried over to it.
    carried: Vec<CarriedTask>,
    /// Open actions of the sprint that was closed last.
    actions: Vec<ActionView>,
    /// The sprint that was closed last, and what it delivered.
    last: Option<LastSprint>,
    /// What a task goes through, by type.
    pipelines: Vec<PipelineView>,
}

/// A task of a plan.
#[derive(Debug, Serialize)]
struct PlannedTask {
    /// What a list shows of it.
    #[serde(flatten)]
    line: TaskLine,
    /// Its estimate as the sprint has it, such as `1h 30m`.
    estimate: Option<String>,
    /// Checkboxes under Deliverables.
    #[serde(rename = "deliverables")]
    boxes: Vec<BoxView>,
    /// Checkboxes under Acceptance criteria.
    criteria: Vec<BoxView>,
}

/// A task that a task of the sprint waits for.
#[derive(Debug, Serialize)]
struct OutsideTask {
    task: String,
    id: String,
    title: Option<String>,
    sprint: Option<String>,
}

/// A task that came from another sprint.
#[derive(Debug, Serialize)]
struct CarriedTask {
    task: String,
    sprint: String,
}

/// What is known of the last sprint.
#[derive(Debug, Serialize)]
struct LastSprint {
    sprint: String,
    summary: String,
}

/// The way of a type of task.
#[derive(Debug, Serialize)]
struct PipelineView {
    /// The type, or `any other type`.
    name: String,
    stages: Vec<StageView>,
}

#[derive(Debug, Serialize)]
struct StageView {
    name: String,
    signoffs: Vec<String>,
}

/// Returns the plan of a sprint: of the one that is named, the only active one, or the next that is planned.
pub(in crate::ops) fn plan_context(
    session: &Session<'_>,
    name: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Result<PlanContext> {
    let (config, _) = session.config_or_default();
    let all = all(session)?;
    let next = all.iter().find(|file| file.sprint.state() == SprintState::Planned);
    let file = match (find_or_active(session, name), next) {
        (Err(_), Some(next)) if name.is_none() => next.clone(),
        (found, _) => found?,
    };
    let sprint = &file.sprint;
    let tasks = session.snapshot().tasks()?;
    let members = members(&tasks, &file);
    let line = line_of(&file, &members, &tasks);
    let minutes = line.estimate_minutes;
    let text = |minutes: u32| (minutes > 0).then(|| Minutes(minutes).to_string());
    let capacity = sprint.capacity.map(|capacity| capacity.0);
    let works = |day: &NaiveDate| {
        let weekday = chrono::Datelike::weekday(day);
        !sprint.blackout.contains(day)
            && !config.reports.days_off.contains(&weekday)
            && !config.reports.holidays.contains(day)
    };
    let dates = sprint.starts.zip(sprint.ends);
    let last = last_actions(session, &sprint.id)?;
    let carried_here = |other: &SprintFile| -> Vec<CarriedTask> {
        let from = other.sprint.id.to_string();
        let here =
            carried(other).into_iter().filter(|(task, to)| *to == sprint.id && members.contains_key(task));
        here.map(|(task, _)| CarriedTask { task: task.to_string(), sprint: from.clone() }).collect()
    };
    let planned = planned_tasks(session, &config, &members, problems)?;
    Ok(PlanContext {
        project: config.project.clone(),
        phase: sprint.phase.clone(),
        blackout: sprint.blackout.clone(),
        days: dates.map(|(first, last)| days(first, last).count()),
        working_days: dates.map(|(first, last)| days(first, last).filter(works).count()),
        capacity: capacity.map(|minutes| Minutes(minutes).to_string()),
        estimated: text(minutes),
        over: capacity.and_then(|capacity| text(minutes.saturating_sub(capacity))),
        spare: capacity.and_then(|capacity| text(capacity.saturating_sub(minutes))),
        without_estimate: line.without_estimate,
        outside: outside(session, &members)?,
        carried: all.iter().flat_map(carried_here).collect(),
        last: last_summary(session, &last)?,
        actions: last.into_iter().flat_map(|(_, actions)| actions).filter(|one| !one.done).collect(),
        pipelines: pipelines(&config, planned.iter().map(|task| task.line.kind.as_deref())),
        tasks: planned,
        sprint: line,
    })
}

fn last_summary(
    session: &Session<'_>,
    last: &Option<(SprintId, Vec<ActionView>)>,
) -> Result<Option<LastSprint>> {
    let Some((id, _)) = last else { return Ok(None) };
    let file = crate::ops::sprint::records::read(session, id)?;
    let numbers = file.sprint.numbers.as_ref().and_then(|numbers| Numbers::read(numbers).ok());
    Ok(numbers.map(|numbers| LastSprint { sprint: id.to_string(), summary: delivered_text(&numbers) }))
}

fn delivered_text(numbers: &Numbers) -> String {
    let text = |name| numbers.figure(name).map(|figure| value_text(&figure.value, name));
    format!("{} delivered", text(FigureName::Delivery).unwrap_or_else(|| "nothing".to_owned()))
}

/// Returns the tasks of a sprint: none before one that it depends on, else the most urgent first.
fn planned_tasks(
    session: &Session<'_>,
    config: &Config,
    members: &BTreeMap<TaskId, Option<Minutes>>,
    problems: &mut Vec<Problem>,
) -> Result<Vec<PlannedTask>> {
    let lines = lines_of(session, config, problems, |task| {
        TaskId::parse(task.id).is_ok_and(|id| members.contains_key(&id))
    })?;
    let mut planned = Vec::new();
    for line in in_order(lines) {
        let id = TaskId::parse(&line.id).ok();
        let estimate = id.as_ref().and_then(|id| members.get(id).copied().flatten());
        let task = id.map(|id| session.snapshot().readable_task(&id)).transpose()?.flatten();
        let boxes = task.map(|task| boxes_of(&task)).unwrap_or_default();
        let under = |heading: &str| {
            let own = |found: &&BoxView| found.section.as_deref().is_some_and(|own| is_heading(own, heading));
            boxes.iter().filter(own).cloned().collect()
        };
        planned.push(PlannedTask {
            estimate: estimate.map(|minutes| minutes.to_string()),
            boxes: under("Deliverables"),
            criteria: under("Acceptance criteria"),
            line,
        });
    }
    Ok(planned)
}

/// Returns lines of the tasks that are requested, the most urgent first.
pub(in crate::ops) fn lines_of(
    session: &Session<'_>,
    config: &Config,
    problems: &mut Vec<Problem>,
    may_match: impl Fn(&Summary<'_>) -> bool,
) -> Result<Vec<TaskLine>> {
    let (query, sort) = read_query(session, config, "", None)?;
    let tasks = session.snapshot().tasks()?;
    let selector = Selector { session, config, query: &query };
    let mut selection = selector.among(&tasks, problems, may_match)?;
    selection.sort(&sort);
    let matching = selection.matching.clone();
    Ok(selection.lines(&matching))
}

/// Puts lines into an order in which none comes before one that it depends on: first those that wait for no other, then
/// those that wait for these alone, and so on. Those of a cycle, and what waits for them, come last, as they were.
pub(in crate::ops) fn in_order(lines: Vec<TaskLine>) -> Vec<TaskLine> {
    let waits = lines.iter().map(|line| (line.id.as_str(), line.depends_on.iter().map(String::as_str)));
    let levels = dependency_levels(waits);
    let mut ordered: Vec<_> = levels.into_iter().zip(lines).collect();
    ordered.sort_by_key(|(level, _)| level.unwrap_or(usize::MAX));
    ordered.into_iter().map(|(_, line)| line).collect()
}

fn outside(session: &Session<'_>, members: &BTreeMap<TaskId, Option<Minutes>>) -> Result<Vec<OutsideTask>> {
    let mut found = Vec::new();
    for id in members.keys() {
        let Some(task) = session.snapshot().readable_task(id)? else { continue };
        for other in waits_for(session.snapshot(), &task.depends_on)? {
            if members.contains_key(&other) {
                continue;
            }
            let read = session.snapshot().readable_task(&other)?;
            found.push(OutsideTask {
                task: id.to_string(),
                id: other.to_string(),
                sprint: read.as_ref().and_then(|task| task.sprint.as_ref().map(ToString::to_string)),
                title: read.map(|task| task.title),
            });
        }
    }
    Ok(found)
}

/// Returns what tasks of these types go through.
fn pipelines<'t>(config: &Config, kinds: impl Iterator<Item = Option<&'t str>>) -> Vec<PipelineView> {
    let own: BTreeSet<Option<&str>> = kinds
        .map(|kind| kind.filter(|kind| config.types.get(*kind).is_some_and(|own| own.stages.is_some())))
        .collect();
    let stage = |stage: &crate::model::Stage| StageView {
        name: stage.to_string(),
        signoffs: config.signoffs_of(stage.as_str()).to_vec(),
    };
    let view = |kind: &Option<&str>| PipelineView {
        name: kind.unwrap_or("any other type").to_owned(),
        stages: config.stages_of(*kind).iter().map(stage).collect(),
    };
    let all: BTreeSet<Option<&str>> = own.into_iter().chain([None]).collect();
    all.iter().rev().map(view).collect()
}
