//! What the process of a worker tells of itself: what it does, since when, and that it still lives. A process is known by its
//! number and the time at which it was started, so that none is taken for another that has the number later.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desk::worker_folder;
use crate::env::Env;
use crate::git::read_regular;
use crate::ops::{Error, Result, Session};
use crate::process::birth;
use crate::store;

const STATUS: &str = "status.json";
const HEARTBEAT: &str = "heartbeat";
const PAUSED: &str = "paused";
/// How often a process says that it lives.
const BEAT: Duration = Duration::from_secs(10);
/// One without a sign of life for longer does not.
const STALE: Duration = Duration::from_secs(30);
/// The variable by which a worker knows the supervisor that has started it.
pub(super) const SUPERVISOR: &str = "TRACKER_FLEET";

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProcessId {
    pub(super) pid: u32,
    pub(super) birth: String,
}

impl ProcessId {
    /// Returns the one of this process.
    pub(super) fn own() -> Self {
        let pid = std::process::id();
        Self { pid, birth: birth(pid).unwrap_or_default() }
    }

    pub(super) fn is_alive(&self) -> bool {
        birth(self.pid).is_some_and(|birth| birth == self.birth)
    }

    /// Returns it as a variable has it.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.pid, self.birth)
    }

    fn parse(text: &str) -> Option<Self> {
        let (pid, birth) = text.split_once(' ')?;
        Some(Self { pid: pid.parse().ok()?, birth: birth.to_owned() })
    }
}

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// It has never run on this machine.
    NeverStarted,
    /// It waits for commits.
    Idle,
    /// It makes a round.
    Working,
    /// Its last round has failed.
    Error,
    /// It waits for commits, and what its last round has left for a person.
    Waiting,
    /// Somebody has paused it.
    Paused,
    /// No process runs it.
    Offline,
    /// Its process is there and has given no sign of life for half a minute.
    Stale,
    /// Its process lives, and the supervisor that has started it does not.
    Orphaned,
}

impl WorkerState {
    /// Returns the words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NeverStarted => "never started",
            Self::Idle => "idle",
            Self::Working => "working",
            Self::Error => "error",
            Self::Waiting => "waits for a person",
            Self::Paused => "paused",
            Self::Offline => "offline",
            Self::Stale => "stale",
            Self::Orphaned => "orphaned",
        }
    }
}

/// What is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkerStatus {
    pub(super) process: ProcessId,
    pub(super) supervisor: Option<ProcessId>,
    pub(super) state: WorkerState,
    /// Since when it does that.
    pub(super) since: DateTime<Utc>,
    /// When the process began.
    pub(super) began: DateTime<Utc>,
    /// The commit that it looks at, in a round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) commit: Option<String>,
}

/// The status of the own process, which says as long as it is there that the process lives.
pub(super) struct Pulse {
    folder: PathBuf,
    status: WorkerStatus,
    /// Ends the thread when it is dropped.
    _stop: Sender<()>,
}

impl Pulse {
    /// Begins to say it.
    pub(super) fn start(env: &Env, folder: &Path) -> Result<Self> {
        let supervisor = env.variable(SUPERVISOR).and_then(|text| ProcessId::parse(&text));
        let (now, process) = (env.now(), ProcessId::own());
        let status = WorkerStatus {
            process,
            supervisor,
            state: WorkerState::Working,
            since: now,
            began: now,
            commit: None,
        };
        let (stop, stopped) = channel();
        let path = folder.join(HEARTBEAT);
        fs::write(&path, "").map_err(Error::io("write", &path))?;
        std::thread::spawn(move || {
            while stopped.recv_timeout(BEAT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // Where that cannot be written nothing else can.
                let _ = fs::write(&path, "");
            }
        });
        let pulse = Self { folder: folder.to_path_buf(), status, _stop: stop };
        pulse.write()?;
        Ok(pulse)
    }

    /// Says what the process does from now on, and in a round with which commit.
    pub(super) fn set(&mut self, state: WorkerState, commit: Option<&str>, now: DateTime<Utc>) -> Result<()> {
        if self.status.state == state && self.status.commit.as_deref() == commit {
            return Ok(());
        }
        if self.status.state != state {
            self.status.since = now;
        }
        (self.status.state, self.status.commit) = (state, commit.map(str::to_owned));
        self.write()
    }

    fn write(&self) -> Result<()> {
        let path = self.folder.join(STATUS);
        let bytes = serde_json::to_vec(&self.status).expect("plain data with text keys is always JSON");
        Ok(store::replace_unsynced(&path, &bytes)?)
    }
}

/// What the process of a worker last wrote of itself, whether it lives or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct WorkerPulse {
    pub(in crate::ops) pid: u32,
    /// What distinguishes it from every other process.
    pub(in crate::ops) process: String,
    pub(in crate::ops) began: DateTime<Utc>,
    pub(in crate::ops) state: WorkerState,
    /// Since when it does that.
    pub(in crate::ops) since: DateTime<Utc>,
    /// When it gave its last sign of life.
    pub(in crate::ops) beat: Option<SystemTime>,
}

/// Returns what the process of a worker last wrote of itself; none where none has run here.
pub(in crate::ops) fn worker_pulse(session: &Session<'_>, name: &str) -> Option<WorkerPulse> {
    let folder = worker_folder(session.workspace(), name);
    let WorkerStatus { process, state, since, began, .. } = read_status(&folder)?;
    let beat = folder.join(HEARTBEAT).metadata().and_then(|found| found.modified()).ok();
    Some(WorkerPulse { pid: process.pid, process: process.text(), began, state, since, beat })
}

/// Reads what a worker has last written of itself.
pub(super) fn read_status(folder: &Path) -> Option<WorkerStatus> {
    serde_json::from_slice(&read_regular(&folder.join(STATUS)).ok()?).ok()
}

/// Returns what a worker does now, and since when that is known.
pub(super) fn state_of(env: &Env, folder: &Path) -> (WorkerState, Option<DateTime<Utc>>) {
    let is_paused = is_paused(folder);
    let Some(status) = read_status(folder) else {
        let state = if is_paused { WorkerState::Paused } else { WorkerState::NeverStarted };
        return (state, None);
    };
    let since = Some(status.since);
    if !status.process.is_alive() {
        return (if is_paused { WorkerState::Paused } else { WorkerState::Offline }, since);
    }
    let beaten = folder.join(HEARTBEAT).metadata().and_then(|found| found.modified()).ok();
    let beaten = beaten.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|at| at.as_nanos());
    let now = u128::try_from(env.clock_nanos()).unwrap_or_default();
    let is_stale = beaten.is_none_or(|at| now.saturating_sub(at) > STALE.as_nanos());
    let state = match status.supervisor {
        _ if is_stale => WorkerState::Stale,
        Some(supervisor) if !supervisor.is_alive() => WorkerState::Orphaned,
        _ => status.state,
    };
    (state, since)
}

/// Whether somebody has paused a worker.
pub(super) fn is_paused(folder: &Path) -> bool {
    folder.join(PAUSED).is_file()
}

/// Pauses a worker, or lets it go on.
pub(super) fn set_paused(folder: &Path, paused: bool) -> Result<()> {
    let path = folder.join(PAUSED);
    if paused {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        return fs::write(&path, "").map_err(Error::io("write", &path));
    }
    Ok(store::remove_if_there(&path)?)
}
