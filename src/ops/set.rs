//! `set`: changes fields of tasks, each field's own bytes and no other.

use super::fields::edits_for;
use super::session::Step;
use super::{Assignment, AssignmentOperator, Error, Result, Session, Written};
use crate::model::{Task, TaskId};
use crate::policy::Graph;

/// Changes fields of one or more tasks.
pub fn set(session: &Session<'_>, wanted: &[String], assignments: &[Assignment]) -> Result<Written> {
    let resolve = |part: &str| Ok(session.snapshot().resolve(part)?.to_string());
    session.change("set", wanted, |task, _| {
        let mut edits = Vec::new();
        for assignment in assignments {
            edits.extend(edits_for(assignment, task, &resolve)?);
        }
        for assignment in assignments.iter().filter(|assignment| assignment.key == "depends_on") {
            refuse_circles(session, task, assignment, &resolve)?;
        }
        Ok(Step { edits, said: assignments.iter().map(said).collect() })
    })
}

fn said(assignment: &Assignment) -> String {
    let Assignment { key, operator, value } = assignment;
    match operator {
        AssignmentOperator::Set if value.trim().is_empty() => format!("{key} removed"),
        AssignmentOperator::Set => format!("{key} = {}", value.trim()),
        AssignmentOperator::Add => format!("{key} + {}", value.trim()),
        AssignmentOperator::Remove => format!("{key} - {}", value.trim()),
    }
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
    let added: Vec<String> = super::fields::items(&assignment.value).map(resolve).collect::<Result<_>>()?;
    let tasks = session.snapshot().tasks()?;
    let (mut summaries, _) = tasks.read();
    for summary in summaries.iter_mut().filter(|summary| summary.id == task.id.as_str()) {
        if assignment.operator == AssignmentOperator::Set {
            summary.depends_on.clear();
        }
    }
    refuse_circle(&Graph::new(&summaries), &task.id, &added)
}

/// Refuses a dependency that would close a circle, and names the circle.
pub(super) fn refuse_circle(graph: &Graph<'_>, from: &TaskId, added: &[String]) -> Result<()> {
    for to in added {
        if let Some(cycle) = graph.cycle_if(from.as_str(), to) {
            let what = format!("{from} cannot wait for {to}: they would wait for each other");
            return Err(Error::refused(what, "circle", cycle.to_string(), Some("tracker deps".to_owned())));
        }
    }
    Ok(())
}
