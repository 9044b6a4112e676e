//! `run prune`: removes logs and outputs of old runs that have ended. Their records stay.

use std::fs;

use schemars::JsonSchema;
use serde::Serialize;

use super::found::{look_at, run_folder, run_ids};
use crate::engine::try_lock;
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
    ids.truncate(ids.len().saturating_sub(keep));
    let mut pruned = PrunedRuns { removed: Vec::new(), bytes: 0, dry_run: session.is_dry() };
    for id in ids {
        let folder = run_folder(session, &id);
        let found = look_at(session, &id);
        // One that can be gone on with is kept, and so is one that cannot be read.
        let has_ended = found.is_ok_and(|found| found.run.state.is_end() && found.run.stopped.is_none());
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
