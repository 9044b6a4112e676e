//! Which trigger runs, for whoever notices meanwhile that something has happened: that may be its doing, and counts as such.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::git::read_regular;
use crate::ops::Result;
use crate::process::birth;
use crate::store::{remove_if_there, replace_unsynced};

const RUNNING: &str = "running.json";

/// A trigger that runs.
#[derive(Debug, Serialize, Deserialize)]
struct Running {
    /// The process that has started it.
    pid: u32,
    birth: Option<String>,
    /// How many triggers have led to what it does.
    depth: u32,
}

/// Records that a trigger runs; what is noticed meanwhile is this deep.
pub(super) fn begin(folder: &Path, depth: u32) -> Result<()> {
    let pid = std::process::id();
    let bytes =
        serde_json::to_vec(&Running { pid, birth: birth(pid), depth }).expect("plain data is always JSON");
    Ok(replace_unsynced(&folder.join(RUNNING), &bytes)?)
}

/// Records that it has ended.
pub(super) fn end(folder: &Path) -> Result<()> {
    Ok(remove_if_there(&folder.join(RUNNING))?)
}

/// Returns how many triggers have led to what is noticed now; 0 where none runs.
pub(super) fn depth(folder: &Path) -> u32 {
    let running = read_regular(&folder.join(RUNNING)).ok();
    let running: Option<Running> = running.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    running.filter(|own| birth(own.pid) == own.birth).map_or(0, |own| own.depth)
}
