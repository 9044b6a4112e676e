//! Names in the configuration of what other records have: tasks and sprints with budgets of their own, and types of tasks that
//! rules of the director look at. One that nothing has limits nothing, and nobody would notice.

use std::collections::BTreeSet;

use super::in_flight::in_flight_of;
use super::{Result, Session};
use crate::model::{Config, NamedThing, Problem, nearest};
use crate::store::Snapshot;

/// Returns the names of the configuration that nothing has: neither here, nor in these records, nor on another branch.
pub(super) fn unknown_names(
    session: &Session<'_>,
    config: &Config,
    others: Option<&Snapshot>,
) -> Result<Vec<Problem>> {
    if config.names.is_empty() {
        return Ok(Vec::new());
    }
    let mut tasks: BTreeSet<String> = in_flight_of(session).ids().map(str::to_owned).collect();
    let mut types: BTreeSet<String> = config.types.keys().cloned().collect();
    let mut sprints = BTreeSet::new();
    for snapshot in [Some(session.snapshot()), others].into_iter().flatten() {
        let known = snapshot.tasks()?;
        for task in known.read().0 {
            tasks.insert(task.id.to_owned());
            types.extend(task.kind.map(str::to_owned));
            sprints.extend(task.sprint.map(str::to_owned));
        }
        // Also a task whose document cannot be read.
        tasks.extend(snapshot.task_ids()?.iter().map(ToString::to_string));
        sprints.extend(snapshot.sprint_ids()?.iter().map(ToString::to_string));
    }
    let unknown = config.names.iter().filter_map(|own| {
        let known = match own.of {
            NamedThing::Task => &tasks,
            NamedThing::Sprint => &sprints,
            NamedThing::TaskType => &types,
        };
        let hint = match nearest(&own.name, known.iter().map(String::as_str)) {
            _ if known.contains(&own.name) => return None,
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("nothing has this {} here or on another branch", own.of.word()),
        };
        Some(own.problem.clone().with_hint(hint))
    });
    Ok(unknown.collect())
}
