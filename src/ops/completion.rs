//! Ids with their titles, names and values, for shells that complete them.

use super::Result;
use super::run::open_runs;
use super::workers::list_workers;
use crate::env::Env;
use crate::model::{Field, FieldKind, Priority, SprintId, Stage};
use crate::store::Workspace;

/// An id and its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The id.
    pub id: String,
    /// The title.
    pub title: String,
}

/// Returns the names of all roles that the configuration knows, sorted.
pub fn role_candidates(env: &Env) -> Result<Vec<String>> {
    let (config, _) = Workspace::open(env)?.snapshot().config()?;
    Ok(config.role_names().into_iter().map(str::to_owned).collect())
}

/// Returns the names of all stages, `none` and `complete` too.
pub fn stage_candidates(env: &Env) -> Result<Vec<String>> {
    let (config, _) = Workspace::open(env)?.snapshot().config()?;
    let own = config.types.values().filter_map(|rules| rules.stages.as_ref()).flatten();
    let mut stages = vec![Stage::none()];
    for stage in config.pipeline.stages.iter().chain(own).cloned().chain([Stage::complete()]) {
        if !stages.contains(&stage) {
            stages.push(stage);
        }
    }
    Ok(stages.into_iter().map(|stage| stage.to_string()).collect())
}

/// Returns the values that are known of a field, by its kind.
pub fn value_candidates(env: &Env, field: Field) -> Result<Vec<String>> {
    Ok(match field.kind() {
        FieldKind::Priority => Priority::KNOWN.map(str::to_owned).to_vec(),
        FieldKind::Sprint => {
            let ids = Workspace::open(env)?.snapshot().sprint_ids()?;
            ids.iter().map(SprintId::to_string).collect()
        }
        FieldKind::Run => open_runs(&Workspace::open(env)?.snapshot())?.into_iter().rev().collect(),
        FieldKind::Task | FieldKind::Tasks => task_candidates(env)?.into_iter().map(|task| task.id).collect(),
        _ if field == Field::Type => {
            let (config, _) = Workspace::open(env)?.snapshot().config()?;
            config.types.into_keys().collect()
        }
        _ => Vec::new(),
    })
}

/// Returns the names of the workflows.
pub fn workflow_candidates(env: &Env) -> Result<Vec<String>> {
    super::workflows::names(&Workspace::open(env)?.snapshot())
}

/// Returns the ids of the escalations that are not resolved.
pub fn escalation_candidates(env: &Env) -> Result<Vec<String>> {
    let workspace = Workspace::open(env)?;
    let snapshot = workspace.snapshot();
    let (view, _) = super::escalations(&super::Session::new(env, workspace, snapshot), false)?;
    Ok(view.escalations.into_iter().map(|own| own.id).collect())
}

/// Returns the names of the types of workers.
pub fn worker_type_candidates(env: &Env) -> Result<Vec<String>> {
    let workspace = Workspace::open(env)?;
    let snapshot = workspace.snapshot();
    let workers = list_workers(&super::Session::new(env, workspace, snapshot))?;
    Ok(workers.types.into_iter().map(|kind| kind.kind).collect())
}

/// Returns the names of the workers of this machine.
pub fn worker_candidates(env: &Env) -> Result<Vec<String>> {
    let workspace = Workspace::open(env)?;
    let snapshot = workspace.snapshot();
    let workers = list_workers(&super::Session::new(env, workspace, snapshot))?;
    Ok(workers.workers.into_iter().map(|worker| worker.worker).collect())
}

/// Returns the ids of all tasks, the open ones first.
pub fn task_candidates(env: &Env) -> Result<Vec<Candidate>> {
    let tasks = Workspace::open(env)?.snapshot().tasks()?;
    let (mut summaries, _) = tasks.read();
    summaries.sort_by_key(crate::model::Summary::is_closed);
    let candidate =
        |task: crate::model::Summary<'_>| Candidate { id: task.id.to_owned(), title: task.title.to_owned() };
    Ok(summaries.into_iter().map(candidate).collect())
}
