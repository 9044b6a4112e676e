//! Which vote of a person counts, and who wrote what they vote on.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use super::{Judge, Sides};
use crate::model::{CoveredChange, SelfApproval, Stage, TaskId, TreeEntry, Verdict};
use crate::policy::history::{Change, Commit, History, PersonKey, Span, between, maximal};
use crate::policy::is_override;

/// A vote, with what is known of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastVote {
    /// The file's path.
    pub path: String,
    /// The file's name, by which a later vote says that it replaces this one.
    pub name: String,
    /// The task.
    pub task: TaskId,
    /// The role it is cast for.
    pub role: String,
    /// What it says.
    pub verdict: Verdict,
    /// Whose it is.
    pub voter: PersonKey,
    /// The stage it is cast for.
    pub stage: Stage,
    /// The round of that stage, from 1.
    pub round: u32,
    /// Digest of the acceptance text that it approves.
    pub criteria: String,
    /// The changes it covers.
    pub files: Vec<CoveredChange>,
    /// Names of the voter's own earlier votes that it replaces.
    pub replaces: Vec<String>,
    /// The first commit that has its file.
    pub added: Commit,
    /// The commit that was looked at, where it is in this clone.
    pub looked_at: Option<Commit>,
    /// Whether a valid signature or the author of the commit that added it says whose it is. A rejection counts
    /// without.
    pub is_trusted: bool,
    /// Whether it is none at all: its digest does not fit, it lies with another task, its author has no say in the
    /// role, or its date or round is one that cannot be.
    pub is_void: bool,
    /// Whether the base's tip or an ancestor of it holds it, or held it.
    pub was_held: bool,
    /// On which sides its file is there.
    pub sides: Sides<bool>,
    /// Whether the tip has another file under its name.
    pub is_rewritten: bool,
}

impl<'a, H: History> Judge<'_, 'a, H> {
    fn vote(&self, vote: usize) -> &'a CastVote {
        &self.landing.votes[vote]
    }

    /// Returns the approvals for a role that count for leaving a stage; where a commit is given, of the votes that
    /// it has.
    pub(super) fn approvals(
        &mut self,
        task: usize,
        role: &str,
        stage: &Stage,
        at: Option<Commit>,
    ) -> Result<Vec<usize>, H::Error> {
        let vetoed: HashSet<&PersonKey> =
            self.vetoes(task, role).into_iter().map(|vote| &self.vote(vote).voter).collect();
        let mut cast = Vec::new();
        for vote in self.counted(task, role) {
            let own = self.vote(vote);
            let is_of_stage = own.stage == *stage || own.verdict == Verdict::Rejected;
            if is_of_stage && self.is_there(own, at)? {
                cast.push(vote);
            }
        }
        let criteria = self.tasks[task].criteria;
        let forbids = self.landing.config.policy.self_approval == SelfApproval::Forbid;
        let mut approvals = Vec::new();
        for vote in self.live(&cast) {
            let own = self.vote(vote);
            let is_approval = own.verdict == Verdict::Approved
                && !vetoed.contains(&own.voter)
                && own.criteria == criteria
                && self.lists_what_is_shown(task, vote)?;
            if is_approval && !(forbids && self.is_own_work(task, vote)?) {
                approvals.push(vote);
            }
        }
        Ok(approvals)
    }

    fn is_there(&self, vote: &CastVote, at: Option<Commit>) -> Result<bool, H::Error> {
        Ok(match at {
            Some(at) => self.history().entry(at, &vote.path)? != TreeEntry::Absent,
            None => true,
        })
    }

    /// Returns the rejections for a role that stand.
    pub(super) fn vetoes(&self, task: usize, role: &str) -> Vec<usize> {
        let live = self.live(&self.counted(task, role));
        let is_veto = |vote: &usize| {
            let own = self.vote(*vote);
            own.verdict == Verdict::Rejected && !self.is_overridden(task, own)
        };
        live.into_iter().filter(is_veto).collect()
    }

    /// Tells whether an override led the task on, past the stage of a rejection, in its round or a later one.
    fn is_overridden(&self, task: usize, vote: &CastVote) -> bool {
        let task = &self.tasks[task];
        let Some(place) = task.route.place(&vote.stage) else { return false };
        let leavings = task.route.leavings(&task.history);
        let mut overrides = (0..leavings.len())
            .filter(|at| is_override(&task.history[*at]) && leavings[*at].contains(&place));
        overrides.any(|at| task.route.round(&task.history[..at], &vote.stage) >= vote.round)
    }

    /// Returns the votes for a role that say anything: trusted ones, and rejections.
    fn counted(&self, task: usize, role: &str) -> Vec<usize> {
        let cast = self.votes.get(&(task, role)).map_or(&[][..], Vec::as_slice);
        let is_counted = |vote: &&usize| {
            let own = self.vote(**vote);
            !own.is_void && (own.is_trusted || own.verdict == Verdict::Rejected)
        };
        cast.iter().filter(is_counted).copied().collect()
    }

    /// Returns those that no later vote of the same person replaces.
    fn live(&self, votes: &[usize]) -> Vec<usize> {
        let mut people: BTreeMap<&PersonKey, Vec<usize>> = BTreeMap::new();
        for vote in votes {
            people.entry(&self.vote(*vote).voter).or_default().push(*vote);
        }
        people.into_values().flat_map(|own| self.last_of(&own)).collect()
    }

    /// Of one person's votes: those of the latest round, then those that the latest commit added, then the one that
    /// names the others as replaced.
    fn last_of(&self, own: &[usize]) -> Vec<usize> {
        if own.len() == 1 {
            return own.to_vec();
        }
        let round = own.iter().map(|vote| self.vote(*vote).round).max();
        let of_round: Vec<usize> =
            own.iter().filter(|vote| Some(self.vote(**vote).round) == round).copied().collect();
        let mut added: Vec<Commit> = of_round.iter().map(|vote| self.vote(*vote).added).collect();
        added.sort_unstable();
        added.dedup();
        let last = maximal(self.history(), &added);
        let of_last: Vec<usize> =
            of_round.into_iter().filter(|vote| last.contains(&self.vote(*vote).added)).collect();
        let replaces =
            |new: &CastVote, old: &CastVote| new.added == old.added && new.replaces.contains(&old.name);
        let is_replaced = |vote: &usize| {
            of_last.iter().any(|new| new != vote && replaces(self.vote(*new), self.vote(*vote)))
        };
        of_last.iter().filter(|vote| !is_replaced(vote)).copied().collect()
    }

    /// Tells whether a vote lists what the commit that it looked at shows, as far as that commit is here.
    fn lists_what_is_shown(&mut self, task: usize, vote: usize) -> Result<bool, H::Error> {
        let own = self.vote(vote);
        let Some(at) = own.looked_at else { return Ok(true) };
        if let Some(known) = self.sound.get(&vote) {
            return Ok(*known);
        }
        let is_sound = self.changes.shows(self.tasks[task].id, at, &own.files)?;
        self.sound.insert(vote, is_sound);
        Ok(is_sound)
    }

    /// Tells whether the voter wrote any of what a vote covers.
    fn is_own_work(&mut self, task: usize, vote: usize) -> Result<bool, H::Error> {
        if let Some(known) = self.own_work.get(&vote) {
            return Ok(*known);
        }
        let own = self.vote(vote);
        let changed = self.changed_by(task, own.added)?;
        let mut is_own = false;
        for file in &own.files {
            let commits = self.changes.commits_on(self.tasks[task].id, &file.path)?;
            let change = changed.get(&file.path);
            if self.any_by(&commits, &own.voter)? || self.wrote_between(own, &file.path, change, &commits)? {
                is_own = true;
                break;
            }
        }
        self.own_work.insert(vote, is_own);
        Ok(is_own)
    }

    fn any_by(&self, commits: &[Commit], person: &PersonKey) -> Result<bool, H::Error> {
        for commit in commits {
            if self.history().authors_of(*commit)?.contains(person) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tells whether the voter wrote a commit of another task, or of none, on a path between where the change comes
    /// from and where it leads, that nobody else approved.
    fn wrote_between(
        &mut self,
        vote: &CastVote,
        path: &str,
        change: Option<&Change>,
        commits: &[Commit],
    ) -> Result<bool, H::Error> {
        let Some(change) = change else { return Ok(false) };
        for commit in self.between(&change.span, &vote.voter)?.iter() {
            let is_on_path = || {
                Ok(self.history().changed(*commit)?.binary_search_by(|own| own.as_str().cmp(path)).is_ok())
            };
            if !commits.contains(commit)
                && is_on_path()?
                && !self.is_approved_by_others(*commit, path, vote)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the commits of a person between where changes come from and where they lead.
    fn between(&mut self, span: &Rc<Span>, person: &PersonKey) -> Result<Rc<[Commit]>, H::Error> {
        let key = (span.end, span.sources.clone(), person.clone());
        if let Some(known) = self.between.get(&key) {
            return Ok(Rc::clone(known));
        }
        let mut own = Vec::new();
        for commit in between(self.history(), &span.sources, span.end) {
            if self.history().authors_of(commit)?.contains(person) {
                own.push(commit);
            }
        }
        let own: Rc<[Commit]> = own.into();
        self.between.insert(key, Rc::clone(&own));
        Ok(own)
    }

    /// Tells whether a commit's content of a path is under the trusted approval, of its own task and for the same
    /// role, of somebody who did not write it.
    fn is_approved_by_others(&self, commit: Commit, path: &str, vote: &CastVote) -> Result<bool, H::Error> {
        let history = self.history();
        let entry = history.entry(commit, path)?;
        let authors: BTreeSet<PersonKey> = history.authors_of(commit)?.iter().cloned().collect();
        let is_approval = |other: &CastVote| {
            other.voter != vote.voter
                && other.verdict == Verdict::Approved
                && other.is_trusted
                && !other.is_void
                && !authors.contains(&other.voter)
                && other.files.iter().any(|file| file.path == path && file.to == entry)
        };
        let tasks = history.tasks_of(commit)?;
        let tasks = tasks.iter().filter_map(|task| self.task(task));
        let mut votes = tasks.filter_map(|task| self.votes.get(&(task, vote.role.as_str()))).flatten();
        Ok(votes.any(|other| is_approval(self.vote(*other))))
    }
}
