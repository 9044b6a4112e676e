//! A claim: which worker has a task, and its target files, for itself, and until when.
//!
//! A claim is no record. It is the object of a ref, which is created only where there is none, and which is changed and
//! deleted only by who names the object that it leads to. It ends with its lease, whatever becomes of its worker.

use chrono::{DateTime, TimeDelta, Utc};

use super::TaskId;

/// What the refs of claims begin with, where they are decided: on the shared remote, or in the only clone there is. The
/// name of a claim's ref ends in the task's id.
pub const CLAIM_REFS: &str = "refs/tracker/claims/";
/// Ends the name of the ref that every claim with target files changes: of two that are made at once one sees the other.
pub const FILES_REF: &str = "files";
/// The longest lease. What says that it is valid for longer is not believed.
pub const LONGEST_LEASE: TimeDelta = TimeDelta::days(7);
/// The lease of a claim for which none is given.
pub const USUAL_LEASE: TimeDelta = TimeDelta::hours(1);
/// The longest name of a worker, a person or a machine in a claim, in bytes.
pub const LONGEST_CLAIM_NAME: usize = 400;
/// By how much the clocks of two machines may differ before one of them takes a claim for free that the other does not.
pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

/// A claim, as its object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The task.
    pub task: TaskId,
    /// Who works on it: an agent, else the person.
    pub worker: String,
    /// The person, as git would name the author of a commit.
    pub person: String,
    /// The machine.
    pub host: String,
    /// Distinguishes this claim from every other, also of the same worker. Tasks that were claimed together have one.
    pub nonce: String,
    /// How often the task was claimed in a row without being released: one more than the claim that had expired.
    pub attempt: u32,
    /// When it was made.
    pub since: DateTime<Utc>,
    /// When its lease began: when it was made or renewed last.
    pub renewed: DateTime<Utc>,
    /// When its lease ends.
    pub until: DateTime<Utc>,
    /// The task's target files, as globs.
    pub files: Vec<String>,
    /// The branch that the worker was on.
    pub branch: Option<String>,
}

impl Claim {
    /// Returns when it ends by the clock of its worker.
    #[must_use]
    pub fn ends(&self) -> DateTime<Utc> {
        self.until.min(self.renewed + LONGEST_LEASE)
    }

    /// Whether its worker has to stop: its lease has ended by his clock.
    #[must_use]
    pub fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.ends() <= now
    }

    /// Returns how long its lease is each time.
    #[must_use]
    pub fn lease(&self) -> TimeDelta {
        self.ends() - self.renewed
    }
}

/// A claim's ref, and what its object says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRef {
    /// The task, from the name of the ref.
    pub task: TaskId,
    /// The id of the object.
    pub object: String,
    /// The claim; why there is none where the object cannot be read, and then it is valid until somebody removes it.
    pub claim: Result<Claim, String>,
}

impl ClaimRef {
    /// Whether it is the claim that this nonce was given to.
    #[must_use]
    pub fn is_of(&self, nonce: &str) -> bool {
        self.claim.as_ref().is_ok_and(|claim| claim.nonce == nonce)
    }
}
