//! Moves: each was earned at the commit that made it.

use std::collections::{BTreeMap, BTreeSet};

use super::{CastVote, Judge, Objection, Ruling};
use crate::model::{Move, Stage};
use crate::policy::history::{Change, Commit, History, PersonKey};
use crate::policy::is_override;

/// One stage that a move of the range left.
struct Leaving<'m> {
    task: usize,
    stage: &'m Stage,
    /// The round of the stage that ended.
    round: u32,
    /// The first commit that has the move.
    at: Commit,
}

impl<H: History> Judge<'_, '_, H> {
    pub(super) fn moves(&mut self) -> Result<(), H::Error> {
        for task in 0..self.tasks.len() {
            for step in self.tasks[task].new_moves().to_vec() {
                self.move_of(task, &step)?;
            }
        }
        Ok(())
    }

    fn move_of(&mut self, task: usize, step: &Move) -> Result<(), H::Error> {
        let own = &self.tasks[task];
        let route = own.route;
        let id = own.id;
        let first = self.landing.steps.iter().find(|made| made.task == *id && made.after.contains(step));
        let (at, then) = first.map_or((self.landing.head, &own.history), |made| (made.commit, &made.after));
        let Some(place) = then.iter().position(|made| made == step) else { return Ok(()) };
        // The rule on overrides speaks of these.
        if is_override(step) {
            return Ok(());
        }
        let then = &then[..=place];
        let leaving = route.leavings(then).pop().unwrap_or_default();
        let mut left = Vec::new();
        for stage in leaving.filter_map(|place| route.stage_at(place)) {
            let round = route.round(&then[..place], stage);
            // Taken back since: nothing rests on it.
            if round >= route.round(&own.history, stage) {
                left.push(Leaving { task, stage, round, at });
            }
        }
        for leaving in left {
            for role in route.roles_of(leaving.stage) {
                self.leaving(&leaving, role)?;
            }
        }
        Ok(())
    }

    fn leaving(&mut self, leaving: &Leaving<'_>, role: &str) -> Result<(), H::Error> {
        let (task, stage) = (leaving.task, leaving.stage);
        let about = |judge: &Self, ruling| Objection {
            task: Some(judge.tasks[task].id.clone()),
            role: Some(role.to_owned()),
            ..Objection::of(ruling)
        };
        for vote in self.vetoes(task, role) {
            let vote = &self.landing.votes[vote];
            let ruling = Ruling::Veto { stage: stage.clone(), voter: vote.voter.clone() };
            let objection = Objection { path: Some(vote.path.clone()), ..about(self, ruling) };
            self.object(objection);
        }
        let approvals = self.approvals(task, role, stage, Some(leaving.at))?;
        let changed = self.changed_by(task, leaving.at)?;
        let (mut covering, mut stale) = (BTreeSet::new(), BTreeMap::new());
        for vote in approvals.into_iter().map(|vote| &self.landing.votes[vote]) {
            if vote.round != leaving.round {
                continue;
            }
            match self.missed_by(task, vote, &changed)? {
                None => drop(covering.insert(vote.voter.clone())),
                Some(path) => drop(stale.insert(vote.voter.clone(), path)),
            }
        }
        let quorum = self.landing.config.role(role).rules.quorum;
        if covering.len() < quorum as usize {
            stale.retain(|voter: &PersonKey, _| !covering.contains(voter));
            let ruling = Ruling::Unearned {
                stage: stage.clone(),
                quorum,
                approvals: covering.into_iter().collect(),
                stale: stale.into_iter().collect(),
            };
            let objection = Objection { commit: Some(leaving.at), ..about(self, ruling) };
            self.object(objection);
        }
        Ok(())
    }

    /// Returns the first path of what a task changed that an approval does not cover.
    fn missed_by(
        &mut self,
        task: usize,
        vote: &CastVote,
        changed: &BTreeMap<String, Change>,
    ) -> Result<Option<String>, H::Error> {
        let route = self.tasks[task].route;
        let listed: BTreeMap<&str, &crate::model::CoveredChange> =
            vote.files.iter().map(|file| (file.path.as_str(), file)).collect();
        for (path, change) in changed.iter().filter(|(path, _)| route.is_reviewed(&vote.role, path)) {
            let Some(file) = listed.get(path.as_str()) else { return Ok(Some(path.clone())) };
            let mut is_covered = file.to == change.to;
            for from in &file.from {
                for before in &change.from {
                    is_covered = is_covered
                        || self.changes.merge(from, &file.to, before)?.as_ref() == Some(&change.to);
                }
            }
            if !is_covered {
                return Ok(Some(path.clone()));
            }
        }
        Ok(None)
    }
}
