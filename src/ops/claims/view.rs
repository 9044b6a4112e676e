//! Claims as every interface shows them.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{Claim, ClaimRef, TaskId};
use crate::policy::{ClaimLoss, Observer, Obstacle};

/// What a claim is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// It excludes others.
    Valid,
    /// Its lease has ended: it is in nobody's way.
    Expired,
    /// Its object cannot be read: it excludes others until somebody removes it.
    Unreadable,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimView {
    /// The task.
    pub task: String,
    /// What it is worth now.
    pub state: ClaimState,
    /// Whether it was made in this working tree.
    pub own: bool,
    /// Who works on the task: an agent, else the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Distinguishes the claim from every other. Tasks that were claimed together have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// How often the task was claimed in a row without being released.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// When its lease began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewed: Option<DateTime<Utc>>,
    /// When its lease ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
    /// The target files that are claimed with the task.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The branch that the worker was on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// When it was fetched, where it is shown without a look at the remote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetched: Option<DateTime<Utc>>,
}

impl ClaimView {
    /// Makes the view of a claim as it is at a time.
    pub(in crate::ops) fn new(held: &ClaimRef, own: bool, observer: Observer<'_>) -> Self {
        match &held.claim {
            Ok(claim) => {
                let is_valid = observer.is_valid(held);
                let state = if is_valid { ClaimState::Valid } else { ClaimState::Expired };
                Self::of(claim, state, own)
            }
            Err(problem) => Self::unreadable(&held.task, problem),
        }
    }

    /// Makes the view of a claim that can be read.
    pub(in crate::ops) fn of(claim: &Claim, state: ClaimState, own: bool) -> Self {
        Self {
            task: claim.task.to_string(),
            state,
            own,
            worker: Some(claim.worker.clone()),
            person: Some(claim.person.clone()).filter(|person| *person != claim.worker),
            host: Some(claim.host.clone()),
            nonce: Some(claim.nonce.clone()),
            attempt: Some(claim.attempt),
            since: Some(claim.since),
            renewed: Some(claim.renewed).filter(|renewed| *renewed != claim.since),
            until: Some(claim.ends()),
            files: claim.files.clone(),
            branch: claim.branch.clone(),
            problem: None,
            fetched: None,
        }
    }

    fn unreadable(task: &TaskId, problem: &str) -> Self {
        Self {
            task: task.to_string(),
            state: ClaimState::Unreadable,
            own: false,
            worker: None,
            person: None,
            host: None,
            nonce: None,
            attempt: None,
            since: None,
            renewed: None,
            until: None,
            files: Vec::new(),
            branch: None,
            problem: Some(problem.to_owned()),
            fetched: None,
        }
    }
}

/// A claim that is in the way of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObstacleView {
    /// The task that was to be claimed.
    pub task: String,
    /// The target file that both may change; none where the task itself is claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What is in the way.
    pub held: ClaimView,
}

impl ObstacleView {
    pub(super) fn new(obstacle: &Obstacle, own: &[String], observer: Observer<'_>) -> Self {
        let is_own = own.iter().any(|nonce| obstacle.held.is_of(nonce));
        Self {
            task: obstacle.task.to_string(),
            file: obstacle.file.clone(),
            held: ClaimView::new(&obstacle.held, is_own, observer),
        }
    }
}

/// Why a claim is not the worker's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// There is none.
    Gone,
    /// It is somebody else's, or of another call.
    Taken,
    /// Its lease has ended.
    Expired,
    /// It cannot be read.
    Unreadable,
}

/// A claim that is the worker's no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LostClaim {
    /// The task.
    pub task: String,
    /// Why.
    pub why: LossKind,
    /// The claim that there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<ClaimView>,
}

impl LostClaim {
    pub(super) fn new(task: &TaskId, loss: &ClaimLoss) -> Self {
        let (why, held) = match loss {
            ClaimLoss::Gone => (LossKind::Gone, None),
            ClaimLoss::Taken(claim) => {
                (LossKind::Taken, Some(ClaimView::of(claim, ClaimState::Valid, false)))
            }
            ClaimLoss::Expired(claim) => {
                (LossKind::Expired, Some(ClaimView::of(claim, ClaimState::Expired, true)))
            }
            ClaimLoss::Unreadable(problem) => {
                (LossKind::Unreadable, Some(ClaimView::unreadable(task, problem)))
            }
        };
        Self { task: task.to_string(), why, held }
    }
}
