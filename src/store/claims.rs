//! What a clone and a working tree know of claims beside their refs: which are their own, and when those of a remote were
//! fetched. Local, never committed.
//!
//! A claim is of the worker that has made it and of the working tree in which that was, and of nobody else: its nonce is the name of a file there, written
//! before the claim is, so that one which got through is recognised whatever became of the process.

use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::write::{remove_if_there, replace_unsynced};
use super::{Lock, Result, Workspace};
use crate::git::read_regular;
use crate::model::TaskId;
use crate::process::birth;

/// The folder of the own claims, in the folder of the working tree.
const OWN: &str = "claims";
/// What is in the file of a claim that was made.
const CLAIMED: &str = "claimed";
/// What the file of a claim begins with that is about to be made, before the process.
const REQUESTED: &str = "requested";

/// A claim that somebody has made in this working tree, or was about to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnClaim {
    /// The task.
    pub task: TaskId,
    /// Distinguishes the claim from every other.
    pub nonce: String,
    /// Who has made it.
    pub worker: String,
    /// Whether it is known that it was made.
    pub is_made: bool,
}

/// When the claims of a remote were fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsFetched {
    /// The remote.
    pub remote: String,
    /// When that began, in nanoseconds since 1970 by the system's clock.
    pub begun: i64,
    /// When it was done.
    pub at: DateTime<Utc>,
}

impl Workspace {
    /// Takes the lock under which the refs of claims change in this clone, by this program.
    pub fn lock_claims(&self, action: &str) -> Result<Lock> {
        let path = self.repo_paths().shared_folder().join("claims.lock");
        Lock::acquire(&path, self.lock_timeout(), action)
    }

    /// Records that this process is about to make a claim.
    pub fn request_claim(&self, task: &TaskId, nonce: &str, worker: &str) -> Result<()> {
        let pid = std::process::id();
        let text = format!("{REQUESTED} {pid} {}\n{worker}\n", birth(pid).unwrap_or_default());
        self.write_local(&format!("{OWN}/{task}.{nonce}"), text.as_bytes())
    }

    /// Records that a claim was made.
    pub fn keep_claim(&self, task: &TaskId, nonce: &str, worker: &str) -> Result<()> {
        self.write_local(&format!("{OWN}/{task}.{nonce}"), format!("{CLAIMED}\n{worker}\n").as_bytes())
    }

    /// Forgets a claim that was not made, or is over.
    pub fn forget_claim(&self, task: &TaskId, nonce: &str) -> Result<()> {
        remove_if_there(&self.local_path(OWN).join(format!("{task}.{nonce}")))
    }

    /// Returns the claims that a worker has made in this working tree, by task. One that a process is about to make is
    /// nobody's yet.
    #[must_use]
    pub fn own_claims(&self, worker: &str) -> Vec<OwnClaim> {
        let Ok(entries) = fs::read_dir(self.local_path(OWN)) else { return Vec::new() };
        let own = |entry: fs::DirEntry| {
            let name = entry.file_name();
            let (task, nonce) = name.to_str()?.split_once('.')?;
            let task = TaskId::parse(task).ok()?;
            let text = String::from_utf8(read_regular(&entry.path()).ok()?).ok()?;
            let (state, worker) = text.split_once('\n')?;
            let mut words = state.split_whitespace();
            let is_made = match words.next()? {
                CLAIMED => true,
                REQUESTED => {
                    let (pid, born) = (words.next()?.parse().ok()?, words.next().unwrap_or_default());
                    if birth(pid).is_some_and(|birth| birth == born) {
                        return None;
                    }
                    false
                }
                _ => return None,
            };
            Some(OwnClaim { task, nonce: nonce.to_owned(), worker: worker.trim_end().to_owned(), is_made })
        };
        let mut found: Vec<OwnClaim> = entries.flatten().filter_map(own).collect();
        found.retain(|claim| claim.worker == worker);
        found.sort_by(|a, b| (&a.task, &a.nonce).cmp(&(&b.task, &b.nonce)));
        found
    }

    fn fetched_path(&self, remote: &str) -> PathBuf {
        let name: String = remote.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        self.repo_paths().shared_folder().join(format!("claims-of-{name}"))
    }

    /// Returns when the claims of a remote were fetched; none where nobody has, or nobody knows.
    #[must_use]
    pub fn claims_fetched(&self, remote: &str) -> Option<ClaimsFetched> {
        let bytes = read_regular(&self.fetched_path(remote)).ok()?;
        let fetched: ClaimsFetched = serde_json::from_slice(&bytes).ok()?;
        (fetched.remote == remote).then_some(fetched)
    }

    /// Forgets when the claims of a remote were fetched, before that is done again.
    pub fn forget_claims_fetched(&self, remote: &str) -> Result<()> {
        remove_if_there(&self.fetched_path(remote))
    }

    /// Remembers when the claims of a remote were fetched.
    pub fn set_claims_fetched(&self, fetched: &ClaimsFetched) -> Result<()> {
        let text = serde_json::to_string(fetched).expect("plain data with text keys is always JSON");
        replace_unsynced(&self.fetched_path(&fetched.remote), text.as_bytes())
    }
}
