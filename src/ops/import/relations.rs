//! Dependencies and parents of imported tasks: what a batch would refuse is left out and reported.

use std::collections::{HashMap, HashSet};

use crate::model::{Field, Task, TaskId};
use crate::ops::set::Relations;
use crate::ops::{Result, Session};

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
    loop {
        let found = leave_out_cycles(session, tasks)?;
        if found.is_empty() {
            break;
        }
        left_out.extend(found);
    }
    Ok(left_out)
}

/// Breaks one cycle of each group of tasks that wait for each other: what closes it in the last of the cards goes.
fn leave_out_cycles(session: &Session<'_>, tasks: &mut [Task]) -> Result<Vec<(usize, Field, String)>> {
    let there = session.snapshot().tasks()?;
    let cycles = {
        let new: HashSet<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
        let mut all: Vec<_> = there.read().0.into_iter().filter(|task| !new.contains(task.id)).collect();
        all.extend(tasks.iter().map(Task::summary));
        Relations::among(&all).cycles()
    };
    let positions: HashMap<String, usize> =
        tasks.iter().enumerate().map(|(at, task)| (task.id.to_string(), at)).collect();
    let mut left_out = Vec::new();
    for (field, cycle) in cycles {
        let positions =
            cycle.ids.iter().enumerate().filter_map(|(step, id)| Some((*positions.get(id)?, step)));
        let Some((at, step)) = positions.max() else { continue };
        let next = &cycle.ids[(step + 1) % cycle.ids.len()];
        let task = &mut tasks[at];
        task.depends_on.retain(|on| field != Field::DependsOn || on.as_str() != next);
        task.parent = task.parent.take().filter(|_| field != Field::Parent);
        left_out.push((at, field, format!("`{next}` would make a cycle: {cycle}")));
    }
    Ok(left_out)
}
