//! `claim` and `claims`: takes tasks where nobody has them, and says who has which.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::known::worker;
use super::place::{Call, ClaimPlace, Decision, Transaction};
use super::view::{ClaimState, ClaimView, ObstacleView};
use crate::env::fail_point;
use crate::facts::Claims;
use crate::model::{
    Claim, LONGEST_CLAIM_NAME, LONGEST_LEASE, Suggestion, TaskId, USUAL_LEASE, is_same_name, span_text,
};
use crate::ops::queue::{QueueRequest, queue};
use crate::ops::{Error, Result, Session};
use crate::policy::{Attempt, ClaimedTask, Claimer, Missing, Observer, Reason, Refusal, plan_claim};

/// The shortest lease.
const SHORTEST_LEASE: TimeDelta = TimeDelta::seconds(1);

/// Which tasks to claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimWhat {
    /// These, all of them or none, each by a unique part of its id.
    Tasks(Vec<String>),
    /// The first of the queue that nobody has, and that matches a query.
    Next(String),
}

/// What to claim, and for how long.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// Which tasks.
    pub what: ClaimWhat,
    /// How long the claim is valid, unless it is renewed.
    pub lease: Option<Duration>,
    /// The remote; the configured one by default.
    pub remote: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimResult {
    /// Whether the tasks are claimed.
    pub won: bool,
    /// The remote that decides; none where claims are those of this clone.
    pub remote: Option<String>,
    /// What distinguishes the claim from every other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Whether an earlier call has made it that did not live to see it.
    pub resumed: bool,
    /// Whether nothing was done because the caller asked so.
    pub dry_run: bool,
    /// The claims that were made.
    pub claims: Vec<ClaimView>,
    /// What is in the way.
    pub lost_to: Vec<ObstacleView>,
}

/// Reads how long a claim is to be valid.
pub(super) fn lease_of(given: Option<Duration>) -> Result<Option<TimeDelta>> {
    let Some(given) = given else { return Ok(None) };
    let lease = TimeDelta::from_std(given).unwrap_or(TimeDelta::MAX);
    if (SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease) {
        return Ok(Some(lease));
    }
    let message =
        format!("invalid lease `{}` (expected 1s to {} days)", span_text(given), LONGEST_LEASE.num_days());
    Err(Error::usage_with(message, "a worker renews its claim while it works: tracker renew"))
}

/// Claims tasks. Of all who do so at the same moment one has them, and the others are shown who.
pub fn claim(session: &Session<'_>, request: &ClaimRequest) -> Result<ClaimResult> {
    session.require_policy()?;
    let place = ClaimPlace::find(session, request.remote.as_deref())?;
    let lease = lease_of(request.lease)?.unwrap_or(USUAL_LEASE);
    match &request.what {
        ClaimWhat::Tasks(ids) => {
            let mut tasks: Vec<ClaimedTask> = Vec::new();
            for id in ids {
                let task = claimed_task(session, id)?;
                if !tasks.iter().any(|other| other.task == task.task) {
                    tasks.push(task);
                }
            }
            take(session, &place, tasks, lease)
        }
        ClaimWhat::Next(query) => take_next(session, &place, query, lease),
    }
}

/// Finds a task that can be claimed: one that is open.
fn claimed_task(session: &Session<'_>, id: &str) -> Result<ClaimedTask> {
    let (_, task) = session.find(id)?;
    if task.summary().is_closed() {
        let closed = if task.cancelled.is_some() { Missing::Cancelled } else { Missing::Completed };
        return Err(Refusal::missing(Attempt::Claim(task.id), vec![closed]).into());
    }
    Ok(ClaimedTask { task: task.id, files: task.files })
}

/// Claims the first task of the queue that is nobody's; where somebody is faster, the next.
fn take_next(
    session: &Session<'_>,
    place: &ClaimPlace<'_, '_>,
    query: &str,
    lease: TimeDelta,
) -> Result<ClaimResult> {
    let mut lost: HashSet<String> = HashSet::new();
    loop {
        place.refresh()?;
        let request = QueueRequest { query: query.to_owned(), ..QueueRequest::default() };
        let (listing, _) = queue(session, &request)?;
        let person = session.actor()?;
        let is_free = |task: &&crate::ops::TaskLine| {
            let is_nobodys = task.assignee.as_deref().is_none_or(|name| is_same_name(name, &person));
            is_nobodys && task.claim.is_none() && !lost.contains(&task.id)
        };
        let Some(first) = listing.tasks.iter().find(is_free) else {
            return Err(Error::refused(Attempt::ClaimNext, Reason::NothingReady));
        };
        let id = first.id.clone();
        let result = take(session, place, vec![claimed_task(session, &id)?], lease)?;
        if result.won {
            return Ok(result);
        }
        lost.insert(id);
    }
}

pub(super) fn take(
    session: &Session<'_>,
    place: &ClaimPlace<'_, '_>,
    tasks: Vec<ClaimedTask>,
    lease: TimeDelta,
) -> Result<ClaimResult> {
    let (env, workspace) = (session.env(), session.workspace());
    let repository = workspace.repository()?;
    let person = repository.identity(env)?.name;
    let claimer = Claimer {
        tasks,
        worker: worker(session)?,
        person,
        nonce: env.nonce(),
        lease,
        branch: repository.branch()?,
    };
    for name in [&claimer.worker, &claimer.person, &env.host()] {
        if name.len() > LONGEST_CLAIM_NAME {
            let message =
                format!("a claim has names of at most {LONGEST_CLAIM_NAME} bytes; {} were given", name.len());
            return Err(Error::usage_with(message, "give the agent a shorter name: `--agent NAME`"));
        }
    }
    if session.is_dry() {
        return dry(session, place, &claimer);
    }
    // Before anybody else can see the claim, so that it is recognised whatever becomes of this process.
    for each in &claimer.tasks {
        workspace.request_claim(&each.task, &claimer.nonce, &claimer.worker)?;
    }
    fail_point("claim:requested");
    let taken = decide(session, place, &claimer);
    fail_point("claim:made");
    let is_unknown = matches!(taken, Err(Error::Unknown { .. }));
    for each in &claimer.tasks {
        match &taken {
            Ok(result) if result.won && !result.resumed => {
                workspace.keep_claim(&each.task, &claimer.nonce, &claimer.worker)?;
            }
            _ if is_unknown => {}
            _ => workspace.forget_claim(&each.task, &claimer.nonce)?,
        }
    }
    taken
}

/// Says what would be in the way, by what is known.
fn dry(session: &Session<'_>, place: &ClaimPlace<'_, '_>, claimer: &Claimer) -> Result<ClaimResult> {
    place.refresh()?;
    let taker = Taker::new(session, place, claimer);
    Ok(match plan_claim(claimer, &place.known()?.claims, taker.observer()) {
        Ok(plan) => taker.won(plan.changes.into_iter().filter_map(|change| change.new)),
        Err(obstacles) => taker.lost(&obstacles),
    })
}

fn decide(session: &Session<'_>, place: &ClaimPlace<'_, '_>, claimer: &Claimer) -> Result<ClaimResult> {
    let ids = claimer.tasks.iter().map(|each| each.task.as_str());
    let again = Suggestion::tracker(["claim"]).and(ids).to_string();
    let call = Call { action: "claim", again, trusts_copy: false };
    let taker = Taker::new(session, place, claimer);
    place.transact(&call, |known| {
        // A push of which no answer came has gone through.
        if let Some(own) = taker.made_with(&known.claims, std::slice::from_ref(&claimer.nonce)) {
            return Ok(Decision::Answer(taker.won(own.into_iter())));
        }
        if let Some(resumed) = taker.resume(&known.claims)? {
            return Ok(Decision::Answer(resumed));
        }
        Ok(match plan_claim(claimer, &known.claims.claims, taker.observer()) {
            Ok(plan) => {
                let made: Vec<Claim> = plan.changes.iter().filter_map(|change| change.new.clone()).collect();
                let files = plan.locks_files.then(|| claimer.nonce.clone());
                let transaction = Transaction { changes: plan.changes, files, work: None };
                Decision::Change(transaction, taker.won(made.into_iter()))
            }
            Err(obstacles) => Decision::Answer(taker.lost(&obstacles)),
        })
    })
}

/// Who decides about a claim, and by what.
struct Taker<'t, 'e> {
    session: &'t Session<'e>,
    remote: Option<String>,
    claimer: &'t Claimer,
    /// The nonces of the claims that the worker has made in this working tree.
    own: Vec<String>,
    now: DateTime<Utc>,
    host: String,
}

impl<'t, 'e> Taker<'t, 'e> {
    fn new(session: &'t Session<'e>, place: &ClaimPlace<'_, '_>, claimer: &'t Claimer) -> Self {
        let own = session.workspace().own_claims(&claimer.worker).into_iter().map(|own| own.nonce).collect();
        let (now, host) = (session.env().now(), session.env().host());
        Self { session, remote: place.remote.clone(), claimer, own, now, host }
    }

    fn observer(&self) -> Observer<'_> {
        Observer { now: self.now, host: &self.host }
    }

    /// Returns the claims of all tasks where each is of one of these nonces, and valid.
    fn made_with(&self, known: &Claims, nonces: &[String]) -> Option<Vec<Claim>> {
        let made = |each: &ClaimedTask| {
            let held = known.of(&each.task)?;
            let is_own = nonces.iter().any(|nonce| held.is_of(nonce));
            held.claim.clone().ok().filter(|claim| is_own && !claim.has_ended(self.now))
        };
        self.claimer.tasks.iter().map(made).collect()
    }

    /// Takes over what an earlier call of the same worker has made in this working tree, and was killed or got no answer
    /// before it could say so.
    fn resume(&self, known: &Claims) -> Result<Option<ClaimResult>> {
        let workspace = self.session.workspace();
        let open = || workspace.own_claims(&self.claimer.worker).into_iter().filter(|own| !own.is_made);
        let nonces: Vec<String> = open().map(|own| own.nonce).collect();
        let Some(made) = self.made_with(known, &nonces) else { return Ok(None) };
        // Of several who see it, one has it.
        let _lock = match self.remote {
            Some(_) => Some(workspace.lock_claims("claim")?),
            None => None,
        };
        let is_open = |claim: &Claim| open().any(|own| own.task == claim.task && own.nonce == claim.nonce);
        if !made.iter().all(is_open) {
            return Ok(None);
        }
        for claim in &made {
            workspace.keep_claim(&claim.task, &claim.nonce, &claim.worker)?;
        }
        let nonce = made.first().map(|claim| claim.nonce.clone());
        Ok(Some(ClaimResult { resumed: true, nonce, ..self.won(made.into_iter()) }))
    }

    fn won(&self, claims: impl Iterator<Item = Claim>) -> ClaimResult {
        ClaimResult {
            won: true,
            remote: self.remote.clone(),
            nonce: Some(self.claimer.nonce.clone()),
            resumed: false,
            dry_run: self.session.is_dry(),
            claims: claims.map(|claim| ClaimView::of(&claim, ClaimState::Valid, true)).collect(),
            lost_to: Vec::new(),
        }
    }

    fn lost(&self, obstacles: &[crate::policy::Obstacle]) -> ClaimResult {
        let view = |obstacle| ObstacleView::new(obstacle, &self.own, self.observer());
        ClaimResult {
            won: false,
            remote: self.remote.clone(),
            nonce: None,
            resumed: false,
            dry_run: self.session.is_dry(),
            claims: Vec::new(),
            lost_to: obstacles.iter().map(view).collect(),
        }
    }
}

/// All claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClaimsList {
    /// The remote that has them; none where they are those of this clone.
    pub remote: Option<String>,
    /// When they were fetched; none where they are those of this clone, and where nobody has.
    pub fetched: Option<DateTime<Utc>>,
    /// By task.
    pub claims: Vec<ClaimView>,
}

/// Lists all claims: as the remote has them now, or, offline, as they were fetched last.
pub fn claims(session: &Session<'_>, remote: Option<&str>, is_offline: bool) -> Result<ClaimsList> {
    let place = ClaimPlace::find(session, remote)?;
    if !is_offline {
        place.refresh()?;
    }
    let (env, own) = (session.env(), session.workspace().own_claims(&worker(session)?));
    let (now, host) = (env.now(), env.host());
    let view = |held: &crate::model::ClaimRef| {
        let is_own = own.iter().any(|own| own.task == held.task && held.is_of(&own.nonce));
        ClaimView::new(held, is_own, Observer { now, host: &host })
    };
    let claims = place.known()?.claims.iter().map(view).collect();
    let fetched = place.fetched().map(|fetched| fetched.at);
    Ok(ClaimsList { remote: place.remote, fetched, claims })
}

/// Returns the tasks that are meant, or all that the worker has claimed in this working tree.
pub(super) fn own_tasks(session: &Session<'_>, ids: &[String]) -> Result<Vec<TaskId>> {
    let mut tasks: Vec<TaskId> = match ids {
        [] => session.workspace().own_claims(&worker(session)?).into_iter().map(|own| own.task).collect(),
        // A task may be gone from the working tree, and its claim not.
        ids => {
            ids.iter().map(|id| TaskId::parse(id).or_else(|_| session.resolve(id))).collect::<Result<_>>()?
        }
    };
    tasks.dedup();
    Ok(tasks)
}
