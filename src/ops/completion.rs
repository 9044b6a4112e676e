//! Ids with their titles, for shells that complete them.

use super::Result;
use crate::env::Env;
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

/// Returns the ids of all tasks, the open ones first.
pub fn task_candidates(env: &Env) -> Result<Vec<Candidate>> {
    let tasks = Workspace::open(env)?.snapshot().tasks()?;
    let (mut summaries, _) = tasks.read();
    summaries.sort_by_key(crate::model::Summary::is_closed);
    let candidate =
        |task: crate::model::Summary<'_>| Candidate { id: task.id.to_owned(), title: task.title.to_owned() };
    Ok(summaries.into_iter().map(candidate).collect())
}
