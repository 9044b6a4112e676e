//! Dependencies and parents of imported tasks: what a batch would refuse is left out and reported.

use std::collections::HashSet;

use crate::model::{Field, Problem, Task, TaskId};
use crate::ops::set::Relations;
use crate::ops::{Result, Session};
use crate::policy::ClosingEdge;

/// How many relations that are left out are reported one by one.
pub(super) const MOST_REPORTED: usize = 50;

/// Takes out of the tasks what a batch or `set` would refuse: dependencies on, and parents among, tasks that are
/// nowhere or that depend on the task. Returns for each the index of its task, the field and what is wrong.
pub(super) fn leave_out_relations(
    session: &Session<'_>,
    tasks: &mut [Task],
) -> Result<Vec<(usize, Field, String)>> {
    let mut left_out = Vec::new();
    if tasks.iter().all(|task| task.depends_on.is_empty() && task.parent.is_none()) {
        return Ok(left_out);
    }
    let known: HashSet<TaskId> =
        session.snapshot().task_ids()?.into_iter().chain(tasks.iter().map(|task| task.id.clone())).collect();
    for (at, task) in tasks.iter_mut().enumerate() {
        let id = task.id.clone();
        let mut leave = |on: &TaskId, field: Field| {
            let why = match *on == id {
                true => format!("{id} cannot name itself"),
                false if !known.contains(on) => format!("`{on}` is not a task here"),
                false => return true,
            };
            left_out.push((at, field, why));
            false
        };
        task.depends_on.retain(|on| leave(on, Field::DependsOn));
        task.parent = task.parent.take().filter(|parent| leave(parent, Field::Parent));
    }
    left_out.extend(leave_out_cycles(session, tasks)?);
    Ok(left_out)
}

/// Breaks all cycles: of each, going through the tasks in their order, what closes it goes.
fn leave_out_cycles(session: &Session<'_>, tasks: &mut [Task]) -> Result<Vec<(usize, Field, String)>> {
    let there = session.snapshot().tasks()?;
    let (closing, first_new) = {
        let new: HashSet<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
        let mut all: Vec<_> = there.read().0.into_iter().filter(|task| !new.contains(task.id)).collect();
        let first_new = all.len();
        all.extend(tasks.iter().map(Task::summary));
        let closing = Relations::among(&all).closing(|node| node >= first_new, MOST_REPORTED);
        let named =
            |(field, edge): (Field, ClosingEdge)| (field, edge.from, all[edge.to].id.to_owned(), edge.cycle);
        (closing.into_iter().map(named).collect::<Vec<_>>(), first_new)
    };
    let mut left_out = Vec::new();
    for (field, from, next, cycle) in closing {
        let at = from - first_new;
        let task = &mut tasks[at];
        task.depends_on.retain(|on| field != Field::DependsOn || on.as_str() != next);
        task.parent = task.parent.take().filter(|_| field != Field::Parent);
        let path = cycle.map(|cycle| format!(": {cycle}")).unwrap_or_default();
        left_out.push((at, field, format!("`{next}` would make a cycle{path}")));
    }
    Ok(left_out)
}

/// Returns a summary of those that are not reported one by one.
pub(super) fn more_left_out(left_out: usize) -> Option<Problem> {
    let more = left_out.checked_sub(MOST_REPORTED).filter(|more| *more > 0)?;
    Some(Problem::warning(format!("{more} more dependencies or parents are left out in the same way")))
}
