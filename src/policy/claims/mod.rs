//! Claims: which are valid at a time, what a new one would get in the way of, and what becomes of one's own.
//!
//! A claim excludes every other of its task, and every other whose target files may be the same. Two rules make that so,
//! whoever decides at the same moment:
//!
//! 1. A ref is changed only by who names the object that it leads to, and created only where there is none.
//! 2. A claim with target files also changes one ref that all of these change ([`ClaimPlan::locks_files`]). Who has seen
//!    what that ref led to has seen every claim that was made before. And what has expired and is in the way is deleted in
//!    the same transaction: its worker can renew it or land with it, or it makes room, and not both.

#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::{CLOCK_SKEW, Claim, ClaimRef, TaskId, first_overlap};

/// By whose clock claims are looked at, and on which machine.
#[derive(Debug, Clone, Copy)]
pub struct Observer<'a> {
    /// The time.
    pub now: DateTime<Utc>,
    /// The machine.
    pub host: &'a str,
}

impl Observer<'_> {
    /// Returns from when on others may take what is claimed: when the lease ends, and on another machine as much later as
    /// its clock may be slow.
    #[must_use]
    pub fn free_from(&self, claim: &Claim) -> DateTime<Utc> {
        if claim.host == self.host { claim.ends() } else { claim.ends() + CLOCK_SKEW }
    }

    /// Whether a claim excludes others. One that cannot be read does.
    #[must_use]
    pub fn is_valid(&self, claim: &ClaimRef) -> bool {
        claim.claim.as_ref().map_or(true, |claim| self.now < self.free_from(claim))
    }
}

/// A task to be claimed, and its target files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedTask {
    /// The task.
    pub task: TaskId,
    /// Globs.
    pub files: Vec<String>,
}

/// Who claims what.
#[derive(Debug, Clone)]
pub struct Claimer {
    /// All of them are claimed, or none.
    pub tasks: Vec<ClaimedTask>,
    /// An agent, else the person.
    pub worker: String,
    /// The person.
    pub person: String,
    /// Of this claim alone.
    pub nonce: String,
    /// How long it is valid.
    pub lease: TimeDelta,
    /// The branch that the worker is on.
    pub branch: Option<String>,
}

/// What is to become of the ref of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimChange {
    /// The task.
    pub task: TaskId,
    /// The object that the ref must lead to; none where there must be no ref.
    pub expected: Option<String>,
    /// What it is to lead to; none where it is to be deleted.
    pub new: Option<Claim>,
}

/// The changes that make a claim, which happen together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPlan {
    /// The tasks that are claimed, then what has expired and is in the way.
    pub changes: Vec<ClaimChange>,
    /// Whether the ref has to change that all claims with target files change.
    pub locks_files: bool,
}

/// A claim that is in the way of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// The task that was to be claimed.
    pub task: TaskId,
    /// The target file that both may change, as the new one has it; none where the task itself is claimed.
    pub file: Option<String>,
    /// What is in the way.
    pub held: ClaimRef,
}

/// Says what makes a claim, from all claims that there are. An earlier claim of the same worker is in the way as any other
/// is: two calls of one name may be two processes.
///
/// # Errors
/// Everything that is in the way.
pub fn plan_claim(
    claimer: &Claimer,
    claims: &[ClaimRef],
    observer: Observer<'_>,
) -> Result<ClaimPlan, Vec<Obstacle>> {
    let (mut changes, mut obstacles) = (Vec::new(), Vec::new());
    for claimed in &claimer.tasks {
        let held = claims.iter().find(|claim| claim.task == claimed.task);
        match held {
            Some(held) if observer.is_valid(held) => {
                obstacles.push(Obstacle { task: claimed.task.clone(), file: None, held: held.clone() });
            }
            held => changes.push(ClaimChange {
                task: claimed.task.clone(),
                expected: held.map(|held| held.object.clone()),
                new: Some(new_claim(claimer, claimed, held, observer)),
            }),
        }
    }
    let is_among = |claim: &ClaimRef| claimer.tasks.iter().any(|claimed| claimed.task == claim.task);
    for other in claims.iter().filter(|claim| !is_among(claim)) {
        let Some((task, file)) =
            claimer.tasks.iter().find_map(|claimed| Some((claimed, shared_file(claimed, other)?)))
        else {
            continue;
        };
        if observer.is_valid(other) {
            obstacles.push(Obstacle { task: task.task.clone(), file: Some(file), held: other.clone() });
        } else {
            let (task, expected) = (other.task.clone(), Some(other.object.clone()));
            changes.push(ClaimChange { task, expected, new: None });
        }
    }
    let locks_files = claimer.tasks.iter().any(|claimed| !claimed.files.is_empty());
    if obstacles.is_empty() { Ok(ClaimPlan { changes, locks_files }) } else { Err(obstacles) }
}

/// Returns a target file of a task that a claim may have as well. One that cannot be read may have them all.
#[must_use]
pub fn shared_file(claimed: &ClaimedTask, other: &ClaimRef) -> Option<String> {
    match &other.claim {
        Ok(claim) => first_overlap(&claimed.files, &claim.files).map(str::to_owned),
        Err(_) => claimed.files.first().cloned(),
    }
}

fn new_claim(
    claimer: &Claimer,
    claimed: &ClaimedTask,
    expired: Option<&ClaimRef>,
    observer: Observer<'_>,
) -> Claim {
    let before = expired.and_then(|held| held.claim.as_ref().ok());
    Claim {
        task: claimed.task.clone(),
        worker: claimer.worker.clone(),
        person: claimer.person.clone(),
        host: observer.host.to_owned(),
        nonce: claimer.nonce.clone(),
        attempt: before.map_or(1, |before| before.attempt.saturating_add(1)),
        since: observer.now,
        renewed: observer.now,
        until: observer.now + claimer.lease,
        files: claimed.files.clone(),
        branch: claimer.branch.clone(),
    }
}

/// Why a claim is its worker's no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimLoss {
    /// There is none: it was released, or landed, or was in somebody's way after its lease.
    Gone,
    /// It is valid for somebody else, or of another call of the same worker.
    Taken(Claim),
    /// Its lease has ended.
    Expired(Claim),
    /// Nobody knows whose it is.
    Unreadable(String),
}

/// Returns the claim of a task where it is of one of these nonces and valid by the clock of its worker.
///
/// # Errors
/// Why it is not, and the worker has to stop.
pub fn own_claim<'c>(
    task: &TaskId,
    own: &[String],
    claims: &'c [ClaimRef],
    now: DateTime<Utc>,
) -> Result<(&'c ClaimRef, &'c Claim), ClaimLoss> {
    let held = claims.iter().find(|claim| claim.task == *task).ok_or(ClaimLoss::Gone)?;
    let claim = held.claim.as_ref().map_err(|why| ClaimLoss::Unreadable(why.clone()))?;
    if !own.contains(&claim.nonce) {
        Err(ClaimLoss::Taken(claim.clone()))
    } else if claim.has_ended(now) {
        Err(ClaimLoss::Expired(claim.clone()))
    } else {
        Ok((held, claim))
    }
}

/// Returns a claim whose lease begins anew.
#[must_use]
pub fn renewed(claim: &Claim, now: DateTime<Utc>, lease: Option<TimeDelta>) -> Claim {
    let lease = lease.unwrap_or_else(|| claim.lease());
    Claim { renewed: now, until: now + lease, ..claim.clone() }
}
