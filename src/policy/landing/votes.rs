//! What the votes on a task are worth, asked of the history.

use std::collections::BTreeSet;

use super::{Judge, JudgedRole};
use crate::model::{SelfApproval, Stage, TaskId, TreeEntry, Verdict};
use crate::policy::history::{Commit, History, PersonKey};
use crate::policy::{
    Candidate, CastVote, Evidence, OwnWork, Question, Staleness, VoteClaim, VoteStatus, VoteTurn,
    count_votes, is_overridden,
};

/// For what votes are counted.
#[derive(Clone, Copy)]
pub(super) struct Purpose<'p> {
    pub(super) stage: &'p Stage,
    pub(super) round: u32,
    /// The commit whose votes and content count; none for all votes, whatever was changed since.
    pub(super) at: Option<Commit>,
}

impl<'a, H: History> Judge<'_, 'a, H> {
    pub(super) fn vote(&self, vote: usize) -> &'a CastVote {
        &self.landing.votes[vote]
    }

    /// Returns what each vote for a role is worth.
    pub(super) fn role(
        &mut self,
        task: usize,
        role: &str,
        purpose: Purpose<'_>,
    ) -> Result<JudgedRole, H::Error> {
        let cast: Vec<usize> = self.votes.get(&(task, role)).cloned().unwrap_or_default();
        let mut candidates = Vec::with_capacity(cast.len());
        for vote in &cast {
            let own = self.vote(*vote);
            candidates.push(Candidate {
                voter: own.voter.clone(),
                agent: own.agent.as_deref(),
                verdict: &own.verdict,
                stage: &own.stage,
                round: own.round,
                criteria: &own.criteria,
                flaw: own.flaw.clone(),
                is_there: self.is_there(own, purpose.at)?,
            });
        }
        let own = &self.tasks[task];
        let (route, history, criteria) = (own.route, own.history.clone(), own.criteria);
        let question = Question {
            stage: purpose.stage,
            round: purpose.round,
            criteria,
            forbids_own_work: self.landing.config.policy.self_approval == SelfApproval::Forbid,
            is_overridden: &|stage, round| is_overridden(route, &history, stage, round),
        };
        let mut seen = Seen { judge: self, task, role, cast: &cast, at: purpose.at };
        let statuses = count_votes(&candidates, &question, &mut seen)?;
        let quorum = self.landing.config.role(role).rules.quorum;
        Ok(JudgedRole { role: role.to_owned(), quorum, votes: cast.into_iter().zip(statuses).collect() })
    }

    fn is_there(&self, vote: &CastVote, at: Option<Commit>) -> Result<bool, H::Error> {
        Ok(match at {
            // Most moves are made by the commit that brings the last vote.
            Some(at) if at == vote.added => true,
            Some(at) => self.history().entry(at, &vote.path)? != TreeEntry::Absent,
            None => true,
        })
    }

    /// Returns whether the voter wrote any of what a vote covers.
    fn is_own_work(&mut self, vote: usize) -> Result<bool, H::Error> {
        if let Some(known) = self.own_work.get(&vote) {
            return Ok(*known);
        }
        let own = self.vote(vote);
        let claim = VoteClaim { task: &own.task, voter: &own.voter, files: &own.files, at: own.added };
        let is_own = match self.changes.own_work(claim)? {
            OwnWork::Certain => true,
            OwnWork::Unless(others) => {
                let mut is_own = false;
                for (commit, path) in others {
                    is_own = is_own || !self.is_approved_by_others(commit, &path, own)?;
                }
                is_own
            }
        };
        self.own_work.insert(vote, is_own);
        Ok(is_own)
    }

    /// Returns whether a commit's content of a path is covered by the trusted approval, of its own task and for the same
    /// role, of somebody who did not write it.
    fn is_approved_by_others(
        &mut self,
        commit: Commit,
        path: &str,
        vote: &CastVote,
    ) -> Result<bool, H::Error> {
        let history = self.history();
        let entry = history.entry(commit, path)?;
        let authors: BTreeSet<PersonKey> = history.authors_of(commit)?.iter().cloned().collect();
        let is_approval = |other: &CastVote| {
            other.role == vote.role
                && other.voter != vote.voter
                && other.verdict == Verdict::Approved
                && other.flaw.is_none()
                && !authors.contains(&other.voter)
                && other.files.iter().any(|file| file.path == path && file.to == entry)
        };
        for id in history.tasks_of(commit)?.iter() {
            let is_approved = match self.task(id) {
                Some(task) => {
                    let cast = self.votes.get(&(task, vote.role.as_str()));
                    cast.into_iter().flatten().any(|other| is_approval(self.vote(*other)))
                }
                None => self.votes_elsewhere(id)?.iter().any(is_approval),
            };
            if is_approved {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the votes on a task that the range does not touch.
    fn votes_elsewhere(&mut self, id: &TaskId) -> Result<&[CastVote], H::Error> {
        if !self.elsewhere.contains_key(id) {
            let votes = (self.more_votes)(id)?;
            self.elsewhere.insert(id.clone(), votes);
        }
        Ok(&self.elsewhere[id])
    }
}

/// The votes for a role, as the history has them.
struct Seen<'s, 'h, 'a, H: History> {
    judge: &'s mut Judge<'h, 'a, H>,
    task: usize,
    role: &'s str,
    cast: &'s [usize],
    at: Option<Commit>,
}

impl<H: History> Evidence for Seen<'_, '_, '_, H> {
    type Error = H::Error;

    fn is_after(&mut self, one: usize, other: usize) -> Result<bool, H::Error> {
        let (one, other) = (self.judge.vote(self.cast[one]), self.judge.vote(self.cast[other]));
        let turn = |vote: &CastVote, other: &CastVote| VoteTurn {
            added: Some(vote.added),
            looked_at: vote.looked_at,
            is_rejection: vote.verdict == Verdict::Rejected,
            names_other: vote.replaces.contains(&other.name),
        };
        Ok(self.judge.changes.is_later(turn(one, other), turn(other, one)))
    }

    fn is_shown(&mut self, vote: usize) -> Result<bool, H::Error> {
        let vote = self.cast[vote];
        let own = self.judge.vote(vote);
        let Some(at) = own.looked_at else { return Ok(true) };
        if let Some(known) = self.judge.sound.get(&vote) {
            return Ok(*known);
        }
        let is_sound = self.judge.changes.shows(self.judge.tasks[self.task].id, at, &own.files)?;
        self.judge.sound.insert(vote, is_sound);
        Ok(is_sound)
    }

    fn is_own_work(&mut self, vote: usize) -> Result<bool, H::Error> {
        self.judge.is_own_work(self.cast[vote])
    }

    fn stale(&mut self, vote: usize) -> Result<Vec<Staleness>, H::Error> {
        let Some(at) = self.at else { return Ok(Vec::new()) };
        let own = self.judge.vote(self.cast[vote]);
        let task = &self.judge.tasks[self.task];
        let (route, claim) =
            (task.route, VoteClaim { task: task.id, voter: &own.voter, files: &own.files, at });
        self.judge.changes.stale(route, self.role, claim)
    }
}

impl JudgedRole {
    /// Returns the votes that approve.
    pub fn approvals(&self) -> impl Iterator<Item = usize> + '_ {
        let counts = |(_, status): &&(usize, VoteStatus)| *status == VoteStatus::Approval;
        self.votes.iter().filter(counts).map(|(vote, _)| *vote)
    }

    /// Returns the rejections that still count.
    pub fn vetoes(&self) -> impl Iterator<Item = usize> + '_ {
        let counts = |(_, status): &&(usize, VoteStatus)| *status == VoteStatus::Rejection;
        self.votes.iter().filter(counts).map(|(vote, _)| *vote)
    }
}
