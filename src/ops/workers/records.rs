//! What a worker leaves on this machine: a line for each of its rounds, and what it has seen. Nothing of it is committed.

use std::fs;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desk::worker_folder;
use crate::git::{open_to_append, read_regular};
use crate::ops::{Error, Result, Session};
use crate::store;

const ROUNDS: &str = "rounds.jsonl";
const STATE: &str = "state.json";
/// From this size on, in bytes, the older half of the rounds goes.
const LARGEST: u64 = 4_000_000;

/// What has come of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundOutcome {
    /// Somebody else has files that are to be fixed.
    Queued,
    /// It is under way, or was when the process was killed.
    Working,
    /// Nothing is left.
    Success,
    /// What is left is for a person.
    Escalated,
    /// Nothing was found out, or nothing could be landed.
    Failed,
}

impl RoundOutcome {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Working => "working",
            Self::Success => "success",
            Self::Escalated => "escalated",
            Self::Failed => "failed",
        }
    }
}

/// How often a rule was fixed in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RuleFix {
    /// The rule.
    pub rule: String,
    /// The file.
    pub file: String,
    /// How many findings are gone.
    pub count: usize,
}

/// A round of a worker: one look at the files of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Round {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// The worker.
    pub worker: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The branch.
    pub branch: String,
    /// The commit that it looked at.
    pub commit: String,
    /// What came of it.
    pub outcome: RoundOutcome,
    /// How many files it looked at.
    pub files: usize,
    /// How many findings there were.
    pub found: usize,
    /// How many of them are fixed.
    pub fixed: usize,
    /// How many are left.
    pub remaining: usize,
    /// How many files somebody else has claimed.
    #[serde(default)]
    pub queued: usize,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// The commit that has landed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<String>,
    /// What was fixed.
    #[serde(default)]
    pub fixes: Vec<RuleFix>,
    /// Escalations that are new, or say something else now.
    #[serde(default)]
    pub escalated: Vec<String>,
    /// Escalations that were closed because their findings are gone.
    #[serde(default)]
    pub closed: Vec<String>,
    /// What its tools and its executor say that it has cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// Why it failed, or what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The last lines that a tool printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
}

/// What a worker has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkerMemory {
    /// The type.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The branch.
    pub(super) branch: String,
    /// The last commit of it whose files were looked at.
    pub(super) seen: Option<String>,
    /// Files that somebody else had claimed then.
    #[serde(default)]
    pub(super) queued: Vec<String>,
}

/// Returns what a worker remembers of a branch; nothing where it has worked on another, or what it wrote cannot be read.
pub(super) fn read_memory(folder: &Path, kind: &str, branch: &str) -> WorkerMemory {
    let read = read_regular(&folder.join(STATE)).ok();
    let memory: Option<WorkerMemory> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let fresh =
        || WorkerMemory { kind: kind.to_owned(), branch: branch.to_owned(), seen: None, queued: Vec::new() };
    memory.filter(|memory| memory.kind == kind && memory.branch == branch).unwrap_or_else(fresh)
}

/// Writes what a worker remembers, all of it or nothing.
pub(super) fn write_memory(folder: &Path, memory: &WorkerMemory) -> Result<()> {
    let path = folder.join(STATE);
    let bytes = serde_json::to_vec(memory).expect("plain data with text keys is always JSON");
    Ok(store::replace_unsynced(&path, &bytes)?)
}

/// Adds a round, in one write.
pub(super) fn append_round(folder: &Path, round: &Round) -> Result<()> {
    let path = folder.join(ROUNDS);
    shorten(&path)?;
    let mut line = serde_json::to_string(round).expect("plain data with text keys is always JSON");
    line.push('\n');
    let written = open_to_append(&path).and_then(|mut file| file.write_all(line.as_bytes()));
    written.map_err(Error::io("write", &path))
}

fn shorten(path: &Path) -> Result<()> {
    if path.metadata().is_ok_and(|found| found.len() > LARGEST) {
        let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
        let lines: Vec<&str> = text.lines().collect();
        let kept: String = lines[lines.len() / 2..].iter().map(|line| format!("{line}\n")).collect();
        store::replace_unsynced(path, kept.as_bytes())?;
    }
    Ok(())
}

/// Returns the rounds of a worker by its name, each with its line.
pub(in crate::ops) fn round_lines(session: &Session<'_>, name: &str) -> Vec<(Vec<u8>, Round)> {
    let text = read_regular(&worker_folder(session.workspace(), name).join(ROUNDS)).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    lines.filter_map(|line| Some((line.to_vec(), serde_json::from_slice(line).ok()?))).collect()
}

/// Returns the rounds of a worker, the oldest first. A line that a process was killed over is passed over.
pub(super) fn read_rounds(folder: &Path) -> Vec<Round> {
    let text = read_regular(&folder.join(ROUNDS)).unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}
