//! `set`: changes fields of tasks, each field's own bytes and no other.

use super::fields::ValueReader;
use super::session::Step;
use super::{Assignment, AssignmentOperator, Error, Result, Session, Written};
use crate::doc::{Edit, Value};
use crate::model::{Field, Task, TaskId, Texts};
use crate::policy::{Attempt, Graph, Reason};

/// Changes fields of one or more tasks.
pub fn set(session: &Session<'_>, wanted: &[String], assignments: &[Assignment]) -> Result<Written> {
    let resolve = |part: &str| Ok(session.snapshot().resolve(part)?.to_string());
    let reader = ValueReader::new(session, &resolve);
    session.change("set", wanted, |task, _| {
        let mut edits = Vec::new();
        for assignment in assignments {
            edits.extend(reader.edits(assignment, task)?);
        }
        for assignment in assignments.iter().filter(|one| one.field() == Some(Field::DependsOn)) {
            refuse_circles(session, task, assignment, &resolve)?;
        }
        let said = said(&edits);
        Ok(Step { edits, said })
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
fn said(edits: &[Edit]) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
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
        match said.last_mut().filter(|_| is_item && listed.as_ref() == Some(&head)) {
            Some(last) => last.push_str(&format!(", {value}")),
            None => said.push(format!("{head}{value}")),
        }
        listed = is_item.then_some(head);
    }
    said
}

fn refuse_circles(
    session: &Session<'_>,
    task: &Task,
    assignment: &Assignment,
    resolve: &dyn Fn(&str) -> Result<String>,
) -> Result<()> {
    if assignment.operator == AssignmentOperator::Remove || assignment.value.trim().is_empty() {
        return Ok(());
    }
    let added: Vec<String> = assignment.items().map(resolve).collect::<Result<_>>()?;
    let tasks = session.snapshot().tasks()?;
    let (mut summaries, _) = tasks.read();
    for summary in summaries.iter_mut().filter(|summary| summary.id == task.id.as_str()) {
        if assignment.operator == AssignmentOperator::Set {
            summary.depends_on = Texts::default();
        }
    }
    refuse_circle(&Graph::new(&summaries), &task.id, &added)
}

/// Refuses a dependency that would close a circle, and names the circle.
pub(super) fn refuse_circle(graph: &Graph<'_>, from: &TaskId, added: &[String]) -> Result<()> {
    for to in added {
        if let Some(cycle) = graph.cycle_if(from.as_str(), to) {
            let attempt = Attempt::DependOn { task: from.clone(), on: to.clone() };
            return Err(Error::refused(attempt, Reason::Cycle(cycle)));
        }
    }
    Ok(())
}
