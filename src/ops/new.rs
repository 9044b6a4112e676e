//! `new`: writes down tasks, one or many, under one lock and all or none.

use std::collections::HashMap;

use super::fields::ValueReader;
use super::ids::IdMaker;
use super::set::Relations;
use super::written::WrittenTask;
use super::{Error, Result, Session, Written};
use crate::doc;
use crate::model::{BoxCount, Field, RecordPath, Summary, Task, TaskId, compare_ids};
use crate::policy::Graph;
use crate::store::Change;

pub(crate) use crate::doc::{Draft, read_batch};

/// Creates the tasks of these drafts. A draft may depend on another of the same call as `@REF`.
pub fn new(session: &Session<'_>, drafts: &[Draft]) -> Result<Written> {
    let config = session.config()?;
    let locked = session.lock("new")?;
    let mut ids = IdMaker::new(session, &config)?;
    let ids = ids_for(drafts, &mut ids)?;
    let references = references(drafts, &ids)?;
    let resolve = |part: &str| match part.strip_prefix('@') {
        Some(name) => references.get(name).map(ToString::to_string).ok_or_else(|| {
            Error::usage_with(format!("`@{name}` names no task of this batch"), "give one a `ref:`")
        }),
        None => match TaskId::parse(&part.to_ascii_uppercase()).ok().filter(|id| ids.contains(id)) {
            Some(id) => Ok(id.to_string()),
            None => Ok(session.resolve(part)?.to_string()),
        },
    };
    let mut tasks = Vec::with_capacity(drafts.len());
    for (draft, id) in drafts.iter().zip(&ids) {
        let task = task_of(session, draft, id, &resolve);
        tasks.push(task.map_err(|error| if drafts.len() > 1 { of_draft(error, draft) } else { error })?);
    }
    if tasks.iter().any(|task| !task.depends_on.is_empty() || task.parent.is_some()) {
        refuse_cycles(session, &tasks)?;
    }
    let changes: Vec<Change> = tasks
        .iter()
        .map(|task| Change::create(RecordPath::task_file(&task.id), doc::create_task(task)))
        .collect();
    let written = tasks.iter().map(|task| WrittenTask::created(task, Vec::new())).collect();
    session.finish(&locked, &in_order(&tasks, changes), written)
}

/// Names the task of a batch that a value is wrong in.
fn of_draft(error: Error, draft: &Draft) -> Error {
    match error {
        Error::Usage { message, hint } => {
            Error::Usage { message: format!("\"{}\": {message}", draft.title.trim()), hint }
        }
        error => error,
    }
}

/// Returns the ids of the drafts. Those that are made here ascend: lists order tasks of one day by id, and so a plan stays
/// in its order.
fn ids_for(drafts: &[Draft], maker: &mut IdMaker<'_, '_>) -> Result<Vec<TaskId>> {
    let mut ids = drafts.iter().map(|draft| id_for(draft, maker)).collect::<Result<Vec<_>>>()?;
    let is_made = |draft: &Draft| draft.id.is_none();
    let made = drafts.iter().zip(&ids).filter(|(draft, _)| is_made(draft));
    let mut made: Vec<TaskId> = made.map(|(_, id)| id.clone()).collect();
    made.sort_by(|a, b| compare_ids(a.as_str(), b.as_str()));
    let places = drafts.iter().zip(&mut ids).filter(|(draft, _)| is_made(draft));
    places.zip(made).for_each(|((_, place), id)| *place = id);
    Ok(ids)
}

fn id_for(draft: &Draft, ids: &mut IdMaker<'_, '_>) -> Result<TaskId> {
    let Some(given) = &draft.id else { return ids.fresh() };
    let id = TaskId::parse(&given.to_ascii_uppercase()).map_err(|_| {
        let hint = "capital letters and digits with one hyphen, such as TASK-7Q2M";
        Error::usage_with(format!("invalid task id `{given}`"), hint)
    })?;
    ids.claim(&id)?;
    Ok(id)
}

fn references<'d>(drafts: &'d [Draft], ids: &[TaskId]) -> Result<HashMap<&'d str, TaskId>> {
    let mut references = HashMap::new();
    for (draft, id) in drafts.iter().zip(ids) {
        if let Some(name) = draft.reference.as_deref()
            && references.insert(name, id.clone()).is_some()
        {
            return Err(Error::usage(format!("two tasks of this batch are called `{name}`")));
        }
    }
    Ok(references)
}

fn task_of(
    session: &Session<'_>,
    draft: &Draft,
    id: &TaskId,
    resolve: &dyn Fn(&str) -> Result<String>,
) -> Result<Task> {
    let reader = ValueReader::new(session, resolve);
    let title = reader.scalar(Field::Title, draft.title.trim())?;
    let body = draft.body();
    let boxes = doc::checkboxes(&body);
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let done = count(boxes.iter().filter(|found| found.done).count());
    let mut task = Task {
        created: Some(session.env().today()),
        boxes: BoxCount { done, total: count(boxes.len()) },
        body,
        ..Task::new(id.clone(), title.into_text().unwrap_or_default())
    };
    for (field, values) in &draft.fields {
        reader.put(*field, values, &mut task)?;
    }
    Ok(task)
}

/// Only a batch that depends on itself can make a cycle: nothing old depends on what is new.
fn refuse_cycles(session: &Session<'_>, tasks: &[Task]) -> Result<()> {
    let old = session.snapshot().tasks()?;
    let (mut all, _) = old.read();
    all.extend(tasks.iter().map(Task::summary).collect::<Vec<Summary<'_>>>());
    let relations = Relations::among(&all);
    tasks.iter().try_for_each(|task| relations.refuse_cycle(task))
}

/// Puts what others depend on, or are a part of, first, so that a batch that is killed half-way leaves no dangling reference.
pub(super) fn in_order(tasks: &[Task], changes: Vec<Change>) -> Vec<Change> {
    let with_parent = |task| {
        let mut summary = Task::summary(task);
        summary.depends_on = summary.depends_on.iter().chain(summary.parent).collect();
        summary
    };
    let summaries: Vec<Summary<'_>> = tasks.iter().map(with_parent).collect();
    let Ok(order) = Graph::new(&summaries).topological_order() else { return changes };
    let mut changes: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| changes.get_mut(at).and_then(Option::take)).collect()
}
