//! Moves: each was earned at the commit that made it.

use std::collections::BTreeSet;

use super::votes::Purpose;
use super::{Judge, JudgedLeaving, JudgedRole, Objection, Ruling};
use crate::model::{Move, MoveKind, TaskId};
use crate::policy::history::{Commit, History, PersonKey};
use crate::policy::is_override;

impl<H: History> Judge<'_, '_, H> {
    pub(super) fn moves(&mut self) -> Result<(), H::Error> {
        for task in 0..self.tasks.len() {
            for step in self.tasks[task].new_moves().to_vec() {
                self.move_of(task, &step)?;
            }
        }
        Ok(())
    }

    /// Returns the first commit that has a move, and the history that it has.
    pub(super) fn made(&self, task: usize, step: &Move) -> (Commit, &[Move]) {
        let own = &self.tasks[task];
        let mut steps = self.steps.get(own.id).into_iter().flatten();
        let first = steps.find(|made| made.after.contains(step));
        first.map_or((self.landing.head, own.history.as_slice()), |made| (made.commit, &*made.after))
    }

    fn move_of(&mut self, task: usize, step: &Move) -> Result<(), H::Error> {
        let own = &self.tasks[task];
        let (route, id) = (own.route, own.id);
        let (at, then) = self.made(task, step);
        let Some(place) = then.iter().position(|made| made == step) else { return Ok(()) };
        let then = &then[..=place];
        let leaving = route.leavings(then).pop().unwrap_or_default();
        let mut left = Vec::new();
        let since = own.history.iter().position(|made| made == step).map_or(own.history.len(), |at| at + 1);
        for stage in leaving.filter_map(|place| route.stage_at(place)) {
            let round = route.round(&then[..place], stage);
            // Taken back since: nothing rests on it.
            if route.round(&own.history[..since], stage) == route.round(&own.history, stage) {
                left.push((stage, round));
            }
        }
        let is_first = place == 0;
        // What another tracker says of a task without any work here rests on nothing that could be asked about.
        if step.kind == MoveKind::Import && is_first && self.changes.changed_by(id, at)?.is_empty() {
            return Ok(());
        }
        for (stage, round) in left {
            let purpose = Purpose { stage, round, at: Some(at) };
            let mut roles = Vec::new();
            for role in route.roles_of(stage) {
                let judged = self.role(task, role, purpose)?;
                // The rule on overrides speaks of these.
                if !is_override(step) {
                    self.leaving(id, purpose, at, &judged);
                }
                roles.push(judged);
            }
            let (task, step, stage) = (id.clone(), step.clone(), stage.clone());
            self.leavings.push(JudgedLeaving { task, step, stage, at, roles });
        }
        Ok(())
    }

    fn leaving(&mut self, id: &TaskId, purpose: Purpose<'_>, at: Commit, judged: &JudgedRole) {
        let about = |ruling| Objection {
            task: Some(id.clone()),
            role: Some(judged.role.clone()),
            ..Objection::of(ruling)
        };
        for vote in judged.vetoes() {
            let vote = self.vote(vote);
            let ruling = Ruling::Veto { stage: purpose.stage.clone(), voter: vote.voter.clone() };
            let path = Some(vote.path.clone());
            self.object(Objection { commit: Some(at), path, ..about(ruling) });
        }
        let people: BTreeSet<&PersonKey> = judged.approvals().map(|vote| &self.vote(vote).voter).collect();
        if people.len() < judged.quorum as usize {
            let approvals = people.into_iter().cloned().collect();
            let ruling = Ruling::Unearned { stage: purpose.stage.clone(), approvals, role: judged.clone() };
            self.object(Objection { commit: Some(at), ..about(ruling) });
        }
    }
}
