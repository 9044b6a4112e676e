//! `run prune`: removes logs and outputs of old runs that have ended. Their records stay.

use std::fs;
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use super::found::{FROZEN, look_at, run_folder, run_ids, runs_folder};
use super::tasks::task_run_has_ended;
use crate::engine::{Log, PlanRun, try_lock};
use crate::model::RunId;
use crate::ops::{Error, Result, Session};

/// What was removed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PrunedRuns {
    /// The runs whose logs and outputs were removed, the oldest first.
    pub removed: Vec<String>,
    /// How many bytes that were.
    pub bytes: u64,
    /// Whether nothing was removed, and only shown what would be.
    pub dry_run: bool,
}

/// Removes all but the newest N runs, of those that have ended.
pub fn prune_runs(session: &Session<'_>, keep: usize) -> Result<PrunedRuns> {
    let mut ids = run_ids(session.workspace());
    ids.extend(task_runs_with_logs(session));
    ids.sort_by_cached_key(|id| begun(session, id));
    ids.truncate(ids.len().saturating_sub(keep));
    let mut pruned = PrunedRuns { removed: Vec::new(), bytes: 0, dry_run: session.is_dry() };
    for id in ids {
        let folder = run_folder(session, &id);
        // One that can be gone on with is kept, and so is one that cannot be read.
        let has_ended = match folder.join(FROZEN).exists() {
            true => look_at(session, &id)
                .is_ok_and(|found| found.run.state.is_end() && found.run.stopped.is_none()),
            false if Log::read(&folder).is_ok_and(|events| PlanRun::replay(&events).is_some()) => {
                Log::has_finished(&folder)
            }
            false => task_run_has_ended(session, &id)?,
        };
        let Some(_lock) = try_lock(&folder)?.filter(|_| has_ended) else { continue };
        let files = walkdir::WalkDir::new(&folder).into_iter().flatten();
        pruned.bytes += files
            .filter_map(|entry| entry.metadata().ok())
            .filter(|meta| meta.is_file())
            .map(|meta| meta.len())
            .sum::<u64>();
        if !session.is_dry() {
            fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
        }
        pruned.removed.push(id.to_string());
    }
    Ok(pruned)
}

/// Returns the task runs whose executors have left logs here.
fn task_runs_with_logs(session: &Session<'_>) -> Vec<RunId> {
    let Ok(folder) = fs::read_dir(runs_folder(session.workspace())) else { return Vec::new() };
    let ids = folder.flatten().filter_map(|entry| RunId::parse(entry.file_name().to_str()?).ok());
    ids.filter(|id| {
        let folder = run_folder(session, id);
        !folder.join(FROZEN).exists() && Log::has_begun(&folder)
    })
    .collect()
}

/// Returns when a run was created, or a task run was last driven.
fn begun(session: &Session<'_>, id: &RunId) -> Option<SystemTime> {
    let folder = run_folder(session, id);
    let written = |name: &str| folder.join(name).metadata().and_then(|meta| meta.modified()).ok();
    written(FROZEN).or_else(|| written("lock"))
}
