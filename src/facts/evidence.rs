//! What history says of the votes on a task, as seen from a tip.

use std::collections::BTreeMap;

use super::commits::TipHistory;
use super::reach::Reach;
use super::votes::{CastVotes, copies};
use super::{FactsReader, Result};
use crate::git::CommitId;
use crate::model::{CoverageFormat, Move, SelfApproval, Task, TaskId, Verdict, Vote};
use crate::policy::history::{Change, Commit, History, PersonKey};
use crate::policy::{Flaw, OwnWork, Route, VoteClaim, VoteHistory, VoteRecord, VoteTurn, flaw_of};

/// The votes on a task, looked at by the history of a tip.
pub(super) struct VoteSight<'s, 'a> {
    reader: &'s FactsReader<'a>,
    history: VoteHistory<'s, Reach<'a>>,
    reach: &'s Reach<'a>,
    tip: Commit,
    task: &'s Task,
    route: Route<'s>,
}

impl<'s, 'a> VoteSight<'s, 'a> {
    pub(super) fn new(reader: &'s FactsReader<'a>, history: &'s TipHistory<'a>, task: &'s Task) -> Self {
        let route = Route::of(reader.config(), task.kind.as_deref());
        let (reach, tip) = (&history.reach, history.tip);
        Self { reader, history: VoteHistory::new(reach, history.base), reach, tip, task, route }
    }

    /// Returns what the task's commits changed.
    pub(super) fn changes(&mut self) -> Result<BTreeMap<String, Change>> {
        Ok((*self.history.changed_by(&self.task.id, self.tip)?).clone())
    }

    /// Finds out about all votes.
    pub(super) fn add_evidence(&mut self, cast: &CastVotes, votes: &mut [VoteRecord]) -> Result<()> {
        let added = |vote: &VoteRecord| -> Option<Commit> {
            cast.get(&vote.name).and_then(|cast| self.reach.commit(cast.commit_id))
        };
        let added: Vec<Option<Commit>> = votes.iter().map(added).collect();
        let texts: Vec<_> = votes.iter().map(|vote| &vote.vote).zip(added.iter().copied()).collect();
        for at in copies(&texts) {
            votes[at].flaw = Some(Flaw::Copy);
        }
        for (vote, added) in votes.iter_mut().zip(&added) {
            let (at, task) = (added.unwrap_or(self.tip), (&self.task.id, self.task.history.as_slice()));
            upgrade_vote(&mut vote.vote, task, self.route, at, &mut self.history)?;
        }
        for at in 0..votes.len() {
            let mut after = Vec::new();
            for other in (0..votes.len()).filter(|other| *other != at) {
                if !self.is_same_voter(&votes[at], &votes[other]) {
                    continue;
                }
                let is_after = if added[at] == added[other] {
                    self.comes_after(&votes[at].vote, &votes[other], added[at].is_none())
                } else {
                    let turn = |one: usize, other: usize| VoteTurn {
                        added: added[one],
                        looked_at: self.looked_at(&votes[one].vote),
                        is_rejection: votes[one].vote.verdict == Verdict::Rejected,
                        names_other: votes[one].vote.replaces.contains(&votes[other].name),
                    };
                    self.history.is_later(turn(at, other), turn(other, at))
                };
                if is_after {
                    after.push(votes[other].name.clone());
                }
            }
            votes[at].evidence.after.extend(after);
            self.read_at(&mut votes[at], added[at])?;
        }
        Ok(())
    }

    /// Finds out about a vote that is about to be written: the last one.
    pub(super) fn read_last(&mut self, votes: &mut [VoteRecord]) -> Result<()> {
        let Some((last, earlier)) = votes.split_last_mut() else { return Ok(()) };
        let own = earlier.iter().filter(|other| self.is_same_voter(last, other));
        last.evidence.after = own.map(|other| other.name.clone()).collect();
        self.read_at(last, None)
    }

    /// Returns the commit that a vote looked at; none where it is not in the history.
    fn looked_at(&self, vote: &Vote) -> Option<Commit> {
        vote.commit.parse().ok().and_then(|id: CommitId| self.reach.commit(id))
    }

    fn is_same_voter(&self, one: &VoteRecord, other: &VoteRecord) -> bool {
        let key = |vote: &Vote| PersonKey::of(&self.reader.canonical(&vote.by));
        one.vote.role == other.vote.role && key(&one.vote) == key(&other.vote)
    }

    /// Whether a vote comes after another that was added with it. What nobody has committed yet is ordered by time,
    /// too.
    fn comes_after(&self, vote: &Vote, other: &VoteRecord, is_uncommitted: bool) -> bool {
        vote.replaces.contains(&other.name) || is_uncommitted && vote.at > other.vote.at
    }

    fn read_at(&mut self, vote: &mut VoteRecord, added: Option<Commit>) -> Result<()> {
        if vote.vote.verdict != Verdict::Approved || vote.vote.task != self.task.id {
            return Ok(());
        }
        let voter = PersonKey::of(&self.reader.canonical(&vote.vote.by));
        let claim =
            VoteClaim { task: &self.task.id, voter: &voter, files: &vote.vote.covers.files, at: self.tip };
        vote.evidence.stale = self.history.stale(self.route, &vote.vote.role, claim)?;
        if let Some(at) = self.looked_at(&vote.vote) {
            vote.evidence.is_unshown = !self.history.shows(&self.task.id, at, claim.files)?;
        }
        if self.reader.config().policy.self_approval != SelfApproval::Forbid {
            return Ok(());
        }
        match self.history.own_work(VoteClaim { at: added.unwrap_or(self.tip), ..claim })? {
            OwnWork::Certain => vote.evidence.is_own_work = true,
            OwnWork::Unless(others) => {
                vote.evidence.depends_on_others = !others.is_empty();
                for (commit, path) in others {
                    let is_seen = self.is_approved_by_others(commit, &path, &vote.vote.role, &voter)?;
                    vote.evidence.is_own_work |= !is_seen;
                }
            }
        }
        Ok(())
    }

    /// Whether a commit's content of a path is under the approval, of its own task and for the same role, of somebody
    /// who did not write it.
    fn is_approved_by_others(
        &self,
        commit: Commit,
        path: &str,
        role: &str,
        voter: &PersonKey,
    ) -> Result<bool> {
        let entry = self.reach.entry(commit, path)?;
        let authors = self.reach.authors_of(commit)?;
        for id in self.reach.tasks_of(commit)?.iter() {
            for other in self.reader.votes(id, &mut Vec::new())? {
                let person = self.reader.canonical(&other.vote.by);
                let key = PersonKey::of(&person);
                let is_approval = other.vote.role == role
                    && other.vote.verdict == Verdict::Approved
                    && key != *voter
                    && !authors.contains(&key)
                    && other.vote.covers.files.iter().any(|file| file.path == path && file.to == entry);
                if is_approval && self.is_fit(&other, &person, id) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn is_fit(&self, vote: &VoteRecord, person: &crate::model::Person, id: &TaskId) -> bool {
        flaw_of(vote, person, id, self.reader.config(), u32::MAX).is_none()
    }
}

/// Brings a vote of format 1 to what one of today says: its round, and what each file was led there from.
pub(super) fn upgrade_vote<H: History>(
    vote: &mut Vote,
    (task, moves): (&TaskId, &[Move]),
    route: Route<'_>,
    at: Commit,
    history: &mut VoteHistory<'_, H>,
) -> std::result::Result<(), H::Error> {
    if vote.covers.format != CoverageFormat::One {
        return Ok(());
    }
    vote.round = route.round_of_entry(moves, &vote.stage, vote.round);
    let changed = history.changed_by(task, at)?;
    for file in vote.covers.files.iter_mut().filter(|file| file.from.is_empty()) {
        if let Some(change) = changed.get(&file.path).filter(|change| change.to == file.to) {
            file.from.clone_from(&change.from);
        }
    }
    Ok(())
}
