//! `set`: changes fields of tasks, each field's own bytes and no other.

use super::fields::ValueReader;
use super::session::Step;
use super::{Assignment, AssignmentOperator, Error, Result, Session, Written};
use crate::doc::{Edit, Value};
use crate::model::{Field, FieldKind, Summary, Task};
use crate::policy::{Attempt, ClosingEdge, Cycle, Graph, Reason};

/// Changes fields of one or more tasks.
pub fn set(session: &Session<'_>, ids: &[String], assignments: &[Assignment]) -> Result<Written> {
    let resolve = |part: &str| Ok(session.resolve(part)?.to_string());
    let reader = ValueReader::new(session, &resolve);
    session.change("set", ids, |task, _| {
        let mut edits = Vec::new();
        for assignment in assignments {
            edits.extend(reader.edits(assignment, task)?);
        }
        if assignments.iter().any(|one| one.field().is_some_and(is_relation)) {
            let after = related(task, assignments, &reader)?;
            let tasks = session.snapshot().tasks()?;
            Relations::among(&tasks.read().0).refuse_cycle(&after)?;
        }
        let messages = messages(&edits);
        Ok(Step { edits, messages })
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Plain(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::List(items) => items.join(", "),
    }
}

/// Says what the edits do, the items of one list together.
fn messages(edits: &[Edit]) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    let mut listed: Option<String> = None;
    for edit in edits {
        let (head, value) = match edit {
            Edit::Set { key, value } => (format!("{key} = "), shown(value)),
            Edit::Remove { key } => (format!("{key} removed"), String::new()),
            Edit::AddItem { key, item } => (format!("{key} + "), item.clone()),
            Edit::RemoveItem { key, item } => (format!("{key} - "), item.clone()),
            // Not among what `set` does.
            _ => continue,
        };
        let is_item = matches!(edit, Edit::AddItem { .. } | Edit::RemoveItem { .. });
        match messages.last_mut().filter(|_| is_item && listed.as_ref() == Some(&head)) {
            Some(last) => last.push_str(&format!(", {value}")),
            None => messages.push(format!("{head}{value}")),
        }
        listed = is_item.then_some(head);
    }
    messages
}

/// Returns the task with its new dependencies and its new parent.
fn related(task: &Task, assignments: &[Assignment], reader: &ValueReader<'_>) -> Result<Task> {
    let mut after = task.clone();
    for assignment in assignments.iter().filter(|one| one.operator != AssignmentOperator::Remove) {
        let Some(field) = assignment.field().filter(|field| is_relation(*field)) else { continue };
        let kept = if assignment.operator == AssignmentOperator::Add {
            task.value(field).into_list()
        } else {
            vec![]
        };
        let added = assignment.items().map(str::to_owned);
        reader.put(field, &kept.into_iter().chain(added).collect::<Vec<_>>(), &mut after)?;
    }
    Ok(after)
}

fn is_relation(field: Field) -> bool {
    matches!(field.kind(), FieldKind::Task | FieldKind::Tasks)
}

/// Which task depends on which, and which is a part of which.
pub(super) struct Relations<'t> {
    dependencies: Graph<'t>,
    parents: Graph<'t>,
}

impl<'t> Relations<'t> {
    pub(super) fn among(tasks: &[Summary<'t>]) -> Self {
        let as_dependency =
            |task: &Summary<'t>| Summary { depends_on: task.parent.into_iter().collect(), ..task.clone() };
        let parents: Vec<Summary<'t>> = tasks.iter().map(as_dependency).collect();
        Self { dependencies: Graph::new(tasks), parents: Graph::new(&parents) }
    }

    /// Returns one cycle of each group of tasks that are in any, with the field that makes it.
    pub(super) fn cycles(&self) -> Vec<(Field, Cycle)> {
        let of = |field, graph: &Graph<'_>| graph.cycles().into_iter().map(move |cycle| (field, cycle));
        of(Field::DependsOn, &self.dependencies).chain(of(Field::Parent, &self.parents)).collect()
    }

    /// Returns what tasks that `may_lose` accepts must lose so that no cycle is left, with the field: see
    /// [`Graph::closing_edges`].
    pub(super) fn closing(
        &self,
        may_lose: impl Fn(usize) -> bool + Copy,
        named: usize,
    ) -> Vec<(Field, ClosingEdge)> {
        let of = |field, graph: &Graph<'_>| {
            graph.closing_edges(may_lose, named).into_iter().map(move |edge| (field, edge))
        };
        of(Field::DependsOn, &self.dependencies).chain(of(Field::Parent, &self.parents)).collect()
    }

    /// Refuses a dependency or a parent that makes a cycle, and names the cycle.
    pub(super) fn refuse_cycle(&self, task: &Task) -> Result<()> {
        for on in &task.depends_on {
            if let Some(cycle) = self.dependencies.cycle_if(task.id.as_str(), on.as_str()) {
                let attempt = Attempt::DependOn { task: task.id.clone(), on: on.to_string() };
                return Err(Error::refused(attempt, Reason::Cycle(cycle)));
            }
        }
        let parent = task.parent.as_ref();
        let cycle = parent.and_then(|parent| self.parents.cycle_if(task.id.as_str(), parent.as_str()));
        match (parent, cycle) {
            (Some(parent), Some(cycle)) => {
                let attempt = Attempt::BePartOf { task: task.id.clone(), parent: parent.to_string() };
                Err(Error::refused(attempt, Reason::Cycle(cycle)))
            }
            _ => Ok(()),
        }
    }
}
