//! A merge train: several branches, one merged after the other, and the gate asked after each. Which one breaks it?

use schemars::JsonSchema;
use serde::Serialize;

use super::store::ObjectStore;
use crate::git::CommitId;
use crate::ops::gate::{GateRequest, RunAgain, review, short};
use crate::ops::merge_trees::Merged;
use crate::ops::{Error, Result, Session};
use crate::review::Violation;

/// The branches of a train, in order.
#[derive(Debug, Clone, Default)]
pub struct TrainRequest {
    /// Branches or commits.
    pub branches: Vec<String>,
    /// What they are merged into; by default the branch that work is usually merged into.
    pub base: Option<String>,
}

/// What came of a train.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Train {
    /// The commit that it begins with.
    pub base: String,
    /// The branches, in order.
    pub cars: Vec<TrainCar>,
}

/// One branch of a train.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TrainCar {
    /// The branch, as it was named.
    pub branch: String,
    /// What came of it. One that breaks the train is left out, and the next is merged without it.
    pub outcome: TrainOutcome,
    /// Files in conflict with what is before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// What the gate refuses of the merged result, and did not before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
}

/// What came of a branch in a train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainOutcome {
    /// It was merged, and the gate refuses nothing new.
    Merged,
    /// What is before it has it already.
    Contained,
    /// It cannot be merged.
    Conflict,
    /// The gate refuses the merged result.
    Refused,
}

impl TrainCar {
    /// Whether it breaks the train.
    #[must_use]
    pub fn breaks(&self) -> bool {
        matches!(self.outcome, TrainOutcome::Conflict | TrainOutcome::Refused)
    }
}

/// Merges branches one after the other, without a working tree, and judges what comes of each.
pub fn train(session: &Session<'_>, request: &TrainRequest) -> Result<Train> {
    let repository = session.workspace().repository()?;
    repository.refuse_shallow()?;
    let base = match &request.base {
        Some(name) => Some(repository.resolve_base(name)?),
        None => repository.target_branch()?.map(|target| target.tip),
    };
    let base =
        base.ok_or_else(|| Error::usage_with("there is no branch to merge into", "name it: --base BRANCH"))?;
    let store = ObjectStore::kept(session)?;
    let (mut at, mut known, mut cars) = (base, Vec::<Violation>::new(), Vec::new());
    for branch in &request.branches {
        let commit = repository.resolve_head(branch)?;
        let car = |outcome| TrainCar {
            branch: short(branch).to_owned(),
            outcome,
            conflicts: Vec::new(),
            violations: Vec::new(),
        };
        if repository.merge_bases(at, commit)?.contains(&commit) {
            cars.push(car(TrainOutcome::Contained));
            continue;
        }
        let tree = match store.merge(at, commit)? {
            Merged::Clean(tree) => tree,
            Merged::Conflict(conflicts) => {
                cars.push(TrainCar { conflicts, ..car(TrainOutcome::Conflict) });
                continue;
            }
        };
        let next = store.commit(tree, [at, commit], &format!("Merge {}", short(branch)))?;
        let refused = refused(session, base, next)?;
        let violations: Vec<Violation> =
            refused.iter().filter(|own| !known.iter().any(|before| is_same(own, before))).cloned().collect();
        if violations.is_empty() {
            (at, known) = (next, refused);
            cars.push(car(TrainOutcome::Merged));
        } else {
            cars.push(TrainCar { violations, ..car(TrainOutcome::Refused) });
        }
    }
    Ok(Train { base: base.to_string(), cars })
}

/// Returns what shuts the gate for a range.
fn refused(session: &Session<'_>, base: CommitId, head: CommitId) -> Result<Vec<Violation>> {
    let request = GateRequest {
        base: Some(base.to_string()),
        head: Some(head.to_string()),
        evidence: RunAgain::Later,
        ..GateRequest::default()
    };
    let (review, _) = review(session, &request)?;
    Ok(review.verdict.violations.into_iter().filter(Violation::is_error).collect())
}

fn is_same(one: &Violation, other: &Violation) -> bool {
    (one.rule, &one.task, &one.file, &one.message) == (other.rule, &other.task, &other.file, &other.message)
}
