//! Starting a task run: which tasks, and what becomes of each.

use schemars::JsonSchema;
use serde::Serialize;

use super::task_runs;
use crate::doc::{Edit, Value, create_task_run};
use crate::model::{Config, RecordPath, RunId, Suggestion, TaskId, TaskRun, TaskRunKind, first_to_do};
use crate::ops::fields::reason;
use crate::ops::in_flight::in_flight_of;
use crate::ops::moves::{in_progress, move_edits};
use crate::ops::run::start::free_id;
use crate::ops::select::{Selector, read_query};
use crate::ops::session::{Step, parse, spliced};
use crate::ops::signoffs::summary_of;
use crate::ops::written::WrittenTask;
use crate::ops::{Error, Result, Session, Written};
use crate::policy::{self, Attempt, Missing, Outcome, Reason, Refusal};
use crate::store::Change;

/// What to start.
#[derive(Debug, Clone, Default)]
pub struct TaskRunRequest {
    /// Ids with commas or spaces between them, or a query.
    pub tasks: String,
    /// What it is for, in a line.
    pub title: Option<String>,
}

/// A task run that was started.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TaskRunStarted {
    /// Its id.
    pub run: String,
    /// What was written.
    pub written: Written,
}

/// Starts a run of tasks. Each of them says from then on that it is part of it; those that have not begun and can begin
/// enter the first stage of their pipelines.
pub fn start_task_run(session: &Session<'_>, request: &TaskRunRequest) -> Result<TaskRunStarted> {
    let title = request.title.as_deref().map(reason).transpose()?.filter(|title| !title.is_empty());
    let config = session.config()?;
    let repository = session.workspace().repository()?;
    let (by, agent) = (repository.identity(session.env())?.name, session.agent());
    let locked = session.lock("run start")?;
    let ids = selected(session, &config, &request.tasks)?;
    let id = free_id(session)?;
    let path = RecordPath::run(&id).map(String::from).unwrap_or_default();
    let now = session.env().now();
    let record = TaskRun {
        id: id.to_string(),
        kind: TaskRunKind::Tasks,
        title,
        by: by.clone(),
        agent: agent.clone(),
        created: now,
        history: Vec::new(),
    };
    let mut changes = vec![Change::create(path, create_task_run(&record))];
    let (mut tasks, mut moved) = (Vec::new(), Vec::new());
    let reader = session.facts(&repository, &config)?;
    for task_id in &ids {
        let file = session.find_file(task_id.as_str())?;
        let facts = reader.task(parse(&file)?)?;
        let signoffs = facts.signoffs(&config);
        let case = facts.case(&config, &signoffs, (by.as_str(), agent.as_deref()), now);
        let mut step = Step::new(vec![joins(&id)], format!("joins {id}"));
        match policy::start(&case) {
            Ok(Outcome::Moves(plan)) => {
                step.messages.push(summary_of(&plan));
                step.edits.extend(move_edits(&plan.step));
                moved.push(task_id.clone());
            }
            Ok(Outcome::Stays(stage)) => step.messages.push(format!("stays in {stage}")),
            Err(refusal) => {
                step.messages
                    .extend(refusal.rows().into_iter().map(|row| format!("{} {}", row.label, row.message)));
            }
        }
        let change = spliced(&file, &step.edits)?;
        tasks.push(WrittenTask::changed(&facts.task, step.messages, !change.is_empty()));
        changes.push(change);
    }
    if !session.is_dry() {
        session.workspace().add_moved_tasks(&moved)?;
    }
    let written = session.finish(&locked, &changes, tasks)?;
    Ok(TaskRunStarted { run: id.to_string(), written })
}

/// Returns the edit by which a task becomes part of a run.
fn joins(run: &RunId) -> Edit {
    Edit::Set { key: "run".to_owned(), value: Value::Text(run.to_string()) }
}

/// Returns the open tasks that ids or a query name; everything that keeps one of them out is reported at once.
fn selected(session: &Session<'_>, config: &Config, given: &str) -> Result<Vec<TaskId>> {
    let words: Vec<&str> = given.split([',', ' ']).filter(|word| !word.is_empty()).collect();
    let mut are_ids = !words.is_empty();
    for word in &words {
        are_ids = are_ids && !word.contains(':') && session.names_task(word)?;
    }
    let mut ids: Vec<TaskId> = Vec::new();
    if are_ids {
        for word in words {
            let id = session.resolve(word)?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    } else {
        ids = by_query(session, config, given)?;
    }
    if ids.is_empty() {
        let hint = "name some: tracker run start --tasks ID,ID, or a query such as sprint:SPRINT-1";
        return Err(Error::usage_with("no open task is chosen", hint));
    }
    let (runs, _) = task_runs(session.snapshot())?;
    let in_flight = in_flight_of(session);
    for id in &ids {
        let (_, task) = session.find(id.as_str())?;
        let mut reasons: Vec<Reason> = Vec::new();
        if task.cancelled.is_some() {
            reasons.push(Missing::Cancelled.into());
        } else if task.stage.is_complete() {
            reasons.push(Missing::Completed.into());
        }
        for flight in in_flight.of(id.as_str(), task.since()).into_iter().take(1) {
            reasons.push(in_progress(flight));
        }
        let other = task.run.as_ref().and_then(|own| runs.iter().find(|run| run.id == own.as_str()));
        if let Some(other) = other.filter(|run| run.cancelled().is_none()) {
            let hint = format!("leave it out, or cancel that run: {}", cancel(&other.id));
            return Err(Error::usage_with(format!("{id} is part of {}", other.id), hint));
        }
        if !reasons.is_empty() {
            return Err(Error::Refused(Refusal::new(Attempt::Start(id.clone()), reasons)));
        }
    }
    Ok(ids)
}

fn cancel(run: &str) -> Suggestion {
    Suggestion::tracker(["run", "cancel", run])
}

fn by_query(session: &Session<'_>, config: &Config, text: &str) -> Result<Vec<TaskId>> {
    let (query, _) = read_query(session, config, text, None)?;
    let tasks = session.snapshot().tasks()?;
    let mut problems = Vec::new();
    let selector = Selector { session, config, query: &query };
    let selection = selector.among(&tasks, &mut problems, |task| !task.is_closed())?;
    let mut matching = selection.matching;
    matching.sort_by(|&a, &b| first_to_do(&selection.summaries[a], &selection.summaries[b]));
    Ok(matching.iter().filter_map(|&at| TaskId::parse(selection.summaries[at].id).ok()).collect())
}
