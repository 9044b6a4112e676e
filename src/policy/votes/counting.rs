//! Which of several votes count: one rule for the sign-offs of a task and for the gate.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use super::{VoteStatus, WhyNot};
use crate::model::{Stage, Verdict};
use crate::policy::Staleness;
use crate::policy::history::PersonKey;

/// A vote on one task for one role.
#[derive(Debug, Clone)]
pub struct Candidate<'v> {
    /// Whose it is.
    pub voter: PersonKey,
    /// The agent that cast it for that person.
    pub agent: Option<&'v str>,
    /// What it says.
    pub verdict: &'v Verdict,
    /// The stage it was cast for.
    pub stage: &'v Stage,
    /// The round of that stage.
    pub round: u32,
    /// Digest of the acceptance text that it approves.
    pub criteria: &'v str,
    /// Why it is none at all: it neither counts nor replaces another.
    pub flaw: Option<WhyNot>,
    /// Whether it was there at the time that is asked about. What was cast since may still be a veto.
    pub is_there: bool,
}

/// What is asked of the votes for a role.
pub struct Question<'q> {
    /// The stage that is left, or is to be.
    pub stage: &'q Stage,
    /// Its round.
    pub round: u32,
    /// Digest of the acceptance text as it is.
    pub criteria: &'q str,
    /// Whether approvals of one's own work do not count.
    pub forbids_own_work: bool,
    /// Whether an override led the task on, past the stage and round of a rejection.
    pub is_overridden: &'q dyn Fn(&Stage, u32) -> bool,
}

/// What history says of the votes, by their places in the list.
pub trait Evidence {
    /// Why it could not be read.
    type Error;

    /// Whether one vote comes after another of the same person and round: a later commit added it, or the same one or one
    /// beside it, and it names the other as replaced.
    fn is_after(&mut self, one: usize, other: usize) -> Result<bool, Self::Error>;

    /// Whether a vote lists what the commit that it looked at shows.
    fn is_shown(&mut self, vote: usize) -> Result<bool, Self::Error>;

    /// Whether the voter wrote any of what a vote covers.
    fn is_own_work(&mut self, vote: usize) -> Result<bool, Self::Error>;

    /// What a vote does not cover of what the task had changed.
    fn stale(&mut self, vote: usize) -> Result<Vec<Staleness>, Self::Error>;
}

/// Tells what each vote for a role is worth.
///
/// # Errors
/// Where the history cannot be read.
pub fn count_votes<E: Evidence>(
    votes: &[Candidate<'_>],
    question: &Question<'_>,
    evidence: &mut E,
) -> Result<Vec<VoteStatus>, E::Error> {
    let fit: Vec<usize> = (0..votes.len()).filter(|at| votes[*at].flaw.is_none()).collect();
    let last = last_of_each(votes, &fit, evidence)?;
    let is_veto = |at: &&usize| {
        let vote = &votes[**at];
        *vote.verdict == Verdict::Rejected && !(question.is_overridden)(vote.stage, vote.round)
    };
    let vetoes: HashSet<usize> = last.iter().filter(is_veto).copied().collect();
    let objectors: HashSet<&PersonKey> = vetoes.iter().map(|at| &votes[*at].voter).collect();
    let is_required = |at: &usize| {
        let vote = &votes[*at];
        vote.is_there && (vote.stage == question.stage || *vote.verdict == Verdict::Rejected)
    };
    let required: Vec<usize> = fit.iter().copied().filter(is_required).collect();
    let last_required = last_of_each(votes, &required, evidence)?;
    let mut statuses = Vec::with_capacity(votes.len());
    for (at, vote) in votes.iter().enumerate() {
        let why_not = match (&vote.flaw, vote.verdict) {
            (Some(flaw), _) => Some(flaw.clone()),
            (None, Verdict::Rejected) if vetoes.contains(&at) => {
                statuses.push(VoteStatus::Rejection);
                continue;
            }
            (None, Verdict::Rejected) if last.contains(&at) => Some(WhyNot::Overridden),
            (None, Verdict::Rejected) => Some(WhyNot::Superseded),
            (None, Verdict::Approved) if vote.stage != question.stage => {
                Some(WhyNot::OtherStage(vote.stage.clone()))
            }
            (None, Verdict::Approved) if !vote.is_there => Some(WhyNot::Late),
            (None, _)
                if !(last_required.contains(&at) || vote.stage != question.stage && last.contains(&at)) =>
            {
                Some(WhyNot::Superseded)
            }
            (None, Verdict::Approved) if objectors.contains(&vote.voter) => Some(WhyNot::Superseded),
            (None, Verdict::Approved) => approval(at, vote, question, evidence)?,
            (None, _) => Some(WhyNot::Withdrawn),
        };
        statuses.push(why_not.map_or(VoteStatus::Approval, VoteStatus::None));
    }
    Ok(statuses)
}

fn approval<E: Evidence>(
    at: usize,
    vote: &Candidate<'_>,
    question: &Question<'_>,
    evidence: &mut E,
) -> Result<Option<WhyNot>, E::Error> {
    if vote.round != question.round {
        return Ok(Some(WhyNot::OtherRound { cast: vote.round, now: question.round }));
    }
    if vote.criteria != question.criteria {
        return Ok(Some(WhyNot::Stale(vec![Staleness::CriteriaChanged])));
    }
    let stale = evidence.stale(at)?;
    if !stale.is_empty() {
        return Ok(Some(WhyNot::Stale(stale)));
    }
    if !evidence.is_shown(at)? {
        return Ok(Some(WhyNot::NotShown));
    }
    let is_own = question.forbids_own_work && evidence.is_own_work(at)?;
    Ok(is_own.then_some(WhyNot::OwnWork))
}

/// Returns those that no other vote of the same person replaces: one of a later round does, or one of the same that comes
/// after. An agent replaces its own votes and never those of the person for whom it acts, nor those of another agent.
fn last_of_each<E: Evidence>(
    votes: &[Candidate<'_>],
    some: &[usize],
    evidence: &mut E,
) -> Result<HashSet<usize>, E::Error> {
    let mut people: BTreeMap<&PersonKey, Vec<usize>> = BTreeMap::new();
    for at in some {
        people.entry(&votes[*at].voter).or_default().push(*at);
    }
    let mut last = HashSet::new();
    for own in people.into_values() {
        for at in &own {
            let vote = &votes[*at];
            let may_replace =
                |other: &&usize| votes[**other].agent.is_none() || votes[**other].agent == vote.agent;
            let mut is_last = true;
            for other in own.iter().filter(|other| *other != at).filter(may_replace) {
                let is_replaced = match votes[*other].round.cmp(&vote.round) {
                    Ordering::Greater => true,
                    Ordering::Equal => evidence.is_after(*other, *at)?,
                    Ordering::Less => false,
                };
                is_last = is_last && !is_replaced;
            }
            if is_last {
                last.insert(*at);
            }
        }
    }
    Ok(last)
}
