//! `renew` and `release`: what becomes of claims that somebody has.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::known::worker;
use super::place::{Call, ClaimPlace, Decision, Transaction, Tried};
use super::take::{lease_of, own_tasks};
use super::view::{ClaimState, ClaimView, LostClaim};
use crate::facts::Claims;
use crate::model::{Suggestion, TaskId};
use crate::ops::{Error, Result, Session};
use crate::policy::{ClaimChange, ClaimLoss, own_claim, renewed};

/// Which claims are meant, by somebody who has them.
#[derive(Debug, Clone, Default)]
pub struct HeldRequest {
    /// Their tasks; all that were made in this working tree where there are none.
    pub ids: Vec<String>,
    /// The claim's own nonce, where it was not made in this working tree.
    pub nonce: Option<String>,
    /// The remote; the configured one by default.
    pub remote: Option<String>,
}

/// Which claims to renew.
#[derive(Debug, Clone, Default)]
pub struct RenewRequest {
    /// Which.
    pub held: HeldRequest,
    /// How long they are valid from now on; as long as before by default.
    pub lease: Option<Duration>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Renewed {
    /// The remote that decides; none where claims are those of this clone.
    pub remote: Option<String>,
    /// The claims that are valid for longer now.
    pub claims: Vec<ClaimView>,
    /// Those that are not the worker's any more: it has to stop.
    pub lost: Vec<LostClaim>,
}

/// The tasks whose claims are meant, and by what these are known as one's own.
pub(super) struct Held<'s, 'e> {
    pub(super) place: ClaimPlace<'s, 'e>,
    /// At least one.
    pub(super) tasks: Vec<TaskId>,
    /// The nonces of one's own claims.
    pub(super) own: Vec<String>,
    command: &'static str,
}

impl<'s, 'e> Held<'s, 'e> {
    /// Finds them; fails where there is nothing that could be meant. `command` is what somebody runs.
    pub(super) fn find(
        session: &'s Session<'e>,
        request: &HeldRequest,
        command: &'static str,
    ) -> Result<Self> {
        let place = ClaimPlace::find(session, request.remote.as_deref())?;
        let tasks = own_tasks(session, &request.ids)?;
        if tasks.is_empty() {
            let hint = format!("run `tracker {command} ID`, or `tracker claim ID` first");
            return Err(Error::usage_with("nothing is claimed in this working tree", hint));
        }
        let own = match &request.nonce {
            Some(nonce) => vec![nonce.clone()],
            None => own_nonces(session)?,
        };
        Ok(Self { place, tasks, own, command })
    }

    /// Returns the call that changes them.
    pub(super) fn call(&self, trusts_copy: bool) -> Call<'static> {
        let tasks = self.tasks.iter().map(TaskId::as_str);
        let again = Suggestion::tracker([self.command]).and(tasks).to_string();
        Call { action: self.command, again, trusts_copy }
    }
}

/// Returns the nonces of the claims that the worker has made in this working tree.
pub(super) fn own_nonces(session: &Session<'_>) -> Result<Vec<String>> {
    Ok(session.workspace().own_claims(&worker(session)?).into_iter().map(|own| own.nonce).collect())
}

/// Forgets the claims of tasks that this working tree has no longer.
pub(super) fn forget(session: &Session<'_>, tasks: &[TaskId]) -> Result<()> {
    let workspace = session.workspace();
    for own in workspace.own_claims(&worker(session)?).into_iter().filter(|own| tasks.contains(&own.task)) {
        workspace.forget_claim(&own.task, &own.nonce)?;
    }
    Ok(())
}

/// Makes the lease of claims begin anew. Those that are not the worker's any more are named.
pub fn renew(session: &Session<'_>, request: &RenewRequest) -> Result<Renewed> {
    let lease = lease_of(request.lease)?;
    let held = Held::find(session, &request.held, "renew")?;
    let place = &held.place;
    let result = place.transact(&held.call(true), |known| {
        let now = session.env().now();
        let mut result = Renewed { remote: place.remote.clone(), claims: Vec::new(), lost: Vec::new() };
        let mut changes = Vec::new();
        for task in &held.tasks {
            match own_claim(task, &held.own, &known.claims.claims, now) {
                Ok((held, claim)) => {
                    let new = renewed(claim, now, lease);
                    result.claims.push(ClaimView::of(&new, ClaimState::Valid, true));
                    let expected = Some(held.object.clone());
                    changes.push(ClaimChange { task: task.clone(), expected, new: Some(new) });
                }
                Err(loss) => result.lost.push(LostClaim::new(task, &loss)),
            }
        }
        // Nothing is lost by what was fetched some time ago.
        let is_doubtful = !known.is_fresh && !result.lost.is_empty();
        Ok(match changes.is_empty() || session.is_dry() || is_doubtful {
            true => Decision::Answer(result),
            false => Decision::Change(Transaction { changes, ..Transaction::default() }, result),
        })
    })?;
    // What was made by a call that did not live to see it is known to be made now.
    for claim in result.claims.iter().filter(|_| request.held.nonce.is_none() && !session.is_dry()) {
        let task = TaskId::parse(&claim.task).map_err(|error| Error::usage(error.to_string()))?;
        session.workspace().keep_claim(
            &task,
            claim.nonce.as_deref().unwrap_or_default(),
            &worker(session)?,
        )?;
    }
    Ok(result)
}

/// Which claims to release.
#[derive(Debug, Clone, Default)]
pub struct ReleaseRequest {
    /// Which.
    pub held: HeldRequest,
    /// Release claims of others too.
    pub force: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Released {
    /// The remote that decides; none where claims are those of this clone.
    pub remote: Option<String>,
    /// The claims that are gone now.
    pub released: Vec<ClaimView>,
    /// Those that were left: they are not the worker's.
    pub lost: Vec<LostClaim>,
}

/// Gives claims up.
pub fn release(session: &Session<'_>, request: &ReleaseRequest) -> Result<Released> {
    let held = Held::find(session, &request.held, "release")?;
    let mut before: Option<Released> = None;
    let result = held.place.transact(&held.call(!request.force), |known| {
        let (changes, result) = released(session, &held, request.force, &known.claims);
        // A push of which no answer came has gone through where what it was to delete is gone.
        let is_done = |before: &Released| {
            let is_gone =
                |claim: &ClaimView| known.claims.claims.iter().all(|held| held.task.as_str() != claim.task);
            *known.tried == Tried::Something && before.released.iter().all(is_gone)
        };
        if let Some(done) = before.clone().filter(is_done) {
            return Ok(Decision::Answer(done));
        }
        before = Some(result.clone());
        let is_doubtful = !known.is_fresh && !result.lost.is_empty();
        Ok(match changes.is_empty() || session.is_dry() || is_doubtful {
            true => Decision::Answer(result),
            false => Decision::Change(Transaction { changes, ..Transaction::default() }, result),
        })
    })?;
    if request.held.nonce.is_none() && !session.is_dry() {
        // What is somebody else's now was not given up, and is no more this working tree's.
        forget(session, &held.tasks)?;
    }
    Ok(result)
}

fn released(
    session: &Session<'_>,
    meant: &Held<'_, '_>,
    is_forced: bool,
    known: &Claims,
) -> (Vec<ClaimChange>, Released) {
    let (now, host) = (session.env().now(), session.env().host());
    let remote = meant.place.remote.clone();
    let mut result = Released { remote, released: Vec::new(), lost: Vec::new() };
    let mut changes = Vec::new();
    for task in &meant.tasks {
        let held = known.of(task);
        let given_up = match (own_claim(task, &meant.own, &known.claims, now), held) {
            // One's own may be released after its lease as well.
            (Ok(_) | Err(ClaimLoss::Expired(_)), Some(held)) => Ok((held, true)),
            (Err(_), Some(held)) if is_forced => Ok((held, false)),
            (Err(loss), _) => Err(loss),
            (Ok(_), None) => Err(ClaimLoss::Gone),
        };
        match given_up {
            Ok((held, is_own)) => {
                let observer = crate::policy::Observer { now, host: &host };
                result.released.push(ClaimView::new(held, is_own, observer));
                let expected = Some(held.object.clone());
                changes.push(ClaimChange { task: task.clone(), expected, new: None });
            }
            Err(loss) => result.lost.push(LostClaim::new(task, &loss)),
        }
    }
    (changes, result)
}
