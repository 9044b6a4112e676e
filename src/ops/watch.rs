//! `watch`: waits until there is something for the user, and says it. The process sleeps until the system tells of a
//! write.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::queue::queue_for;
use super::{Inbox, Result, Session, StatusTask, inbox};
use crate::model::{Problem, TaskId};
use crate::store::{Watcher, Workspace};

/// What to wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchFor {
    /// A task that can begin and is assigned to nobody else, of those that a query selects.
    Ready(String),
    /// Something in the inbox.
    Inbox,
    /// A change of a task, by a unique part of its id.
    Task(String),
}

/// What has come.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Watched {
    /// The first tasks that can begin and that nobody has begun.
    Ready(Vec<StatusTask>),
    /// The inbox.
    Inbox(Inbox),
    /// The task as it is now; none where it is gone.
    Task(Option<StatusTask>),
    /// The time is over.
    TimedOut,
}

/// Maximum number of tasks that are named.
const SHOWN: usize = 5;

/// Waits for it. A time limit ends with [`Watched::TimedOut`].
pub fn watch(
    session: &mut Session<'_>,
    what: &WatchFor,
    limit: Option<Duration>,
) -> Result<(Watched, Vec<Problem>)> {
    // Before the first look: what is written meanwhile is not missed.
    let watcher = Watcher::new(session.workspace())?;
    let task = match what {
        WatchFor::Task(query) => Some(session.resolve(query)?),
        _ => None,
    };
    let before = task.as_ref().map(|id| bytes_of(session, id)).transpose()?;
    let started = session.env().monotonic();
    loop {
        let found = match (what, &task) {
            (WatchFor::Ready(query), _) => ready(session, query)?,
            (_, Some(id)) => changed(session, id, before.as_ref().and_then(Option::as_ref))?,
            _ => Some(inbox(session)?)
                .filter(|(inbox, _)| !inbox.items.is_empty())
                .map(|(inbox, problems)| (Watched::Inbox(inbox), problems)),
        };
        if let Some(found) = found {
            return Ok(found);
        }
        let left = limit.map(|limit| limit.saturating_sub(session.env().monotonic() - started));
        if !watcher.wait(left) {
            return Ok((Watched::TimedOut, Vec::new()));
        }
        session.refresh()?;
    }
}

/// Returns the folders below which runs and workers of this clone write their logs while they go on.
pub fn log_folders(workspace: &Workspace) -> [PathBuf; 2] {
    [workspace.local_path("runs"), super::workers::workers_folder(workspace)]
}

fn ready(session: &Session<'_>, query: &str) -> Result<Option<(Watched, Vec<Problem>)>> {
    let (tasks, problems) = queue_for(session, query, &session.actor()?)?;
    let tasks: Vec<StatusTask> = tasks.iter().take(SHOWN).map(StatusTask::from).collect();
    Ok((!tasks.is_empty()).then_some((Watched::Ready(tasks), problems)))
}

fn changed(
    session: &Session<'_>,
    id: &TaskId,
    before: Option<&Vec<u8>>,
) -> Result<Option<(Watched, Vec<Problem>)>> {
    let now = bytes_of(session, id)?;
    if now.as_ref() == before {
        return Ok(None);
    }
    let request =
        super::ListRequest { query: format!("id={id}"), all: true, limit: Some(1), ..Default::default() };
    let (listing, problems) = super::list(session, &request)?;
    Ok(Some((Watched::Task(listing.tasks.first().map(StatusTask::from)), problems)))
}

fn bytes_of(session: &Session<'_>, id: &TaskId) -> Result<Option<Vec<u8>>> {
    Ok(session.snapshot().task_file(id)?.map(|file| file.bytes))
}
