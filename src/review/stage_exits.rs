//! What the range made of each task: its moves, the stages that it led it out of, and what those required beside votes.
//!
//! A move that a later failure undid rests on nothing any more, so only the last move out of a stage counts, and only
//! where the task is past that stage at the head. Moves that the base has already were judged when they were
//! merged. What votes are worth is judged by [`crate::policy::landing`].

use super::facts::{RangeFacts, RangeTask};
use crate::model::{Config, Move, Stage, Task};
use crate::policy::landing::{JudgedLeaving, JudgedRole};
use crate::policy::{
    Case, Missing, Rerun, Route, Signoffs, TaskEvidence, VoteRecord, VoteStatus, WhyNot, gate, is_override,
};

/// One task, judged.
pub(super) struct Judged<'f> {
    /// The task.
    pub(super) facts: &'f RangeTask,
    /// The moves that the range adds, with their places in the history.
    pub(super) moves: Vec<(usize, &'f Move)>,
    /// The stages that the range led it out of.
    pub(super) stage_exits: Vec<StageExit<'f>>,
    /// The same, with what votes are worth there.
    pub(super) leavings: Vec<&'f JudgedLeaving>,
    /// Its state in its current stage; none where it is gone, broken or closed.
    pub(super) current: Option<Current<'f>>,
}

/// One stage that was left.
pub(super) struct StageExit<'f> {
    /// The stage.
    pub(super) stage: Stage,
    /// The move that led out of it, or past it; none where the history does not tell.
    pub(super) step: Option<&'f Move>,
    /// Whether that move was an override, or jumped over the stage.
    pub(super) is_forced: bool,
    /// What the stage requires beside votes, and is not there.
    pub(super) missing: Vec<Missing>,
}

/// The stage that a task is in.
pub(super) struct Current<'f> {
    /// The roles that it asks.
    pub(super) roles: &'f [JudgedRole],
    /// What it requires beside votes, and is not there.
    pub(super) missing: Vec<Missing>,
}

/// Judges all tasks of a range.
pub(super) fn of_range<'f>(facts: &'f RangeFacts<'_>, config: &Config) -> Vec<Judged<'f>> {
    facts.tasks.iter().map(|task| judged(task, facts, config)).collect()
}

fn judged<'f>(facts: &'f RangeTask, range: &'f RangeFacts<'_>, config: &Config) -> Judged<'f> {
    let judgement = &range.landing.judgement;
    let leavings = judgement.leavings.iter().filter(|leaving| leaving.task == facts.id).collect();
    let Some(after) = &facts.after else {
        let (moves, stage_exits) = (Vec::new(), Vec::new());
        return Judged { facts, moves, stage_exits, leavings, current: None };
    };
    let before = facts.before.as_ref().map_or(&[][..], |task| &task.history);
    let moves = added(before, &after.history);
    let kind = kind_of(facts);
    let route = Route::of(config, kind);
    let here = route.place(&after.stage).unwrap_or(0);
    let leads_past = route.leavings(&after.history);
    let mut stage_exits = Vec::new();
    for (place, stage) in (1..here).zip(route.stages()) {
        let last = leads_past.iter().rposition(|left| left.contains(&place));
        let is_new = |last: usize| moves.iter().any(|(new, _)| *new == last);
        // A stage that no move leads out of was left by hand: that is as new as the record says.
        let is_of_range =
            last.map_or_else(|| facts.before.as_ref().is_none_or(|old| old.stage != after.stage), is_new);
        if is_of_range {
            let then = at_stage_entry(after, kind, stage, last.unwrap_or(after.history.len()));
            let step = last.map(|last| &after.history[last]);
            let is_forced = step.is_none_or(|step| is_override(step) || step.from != *stage);
            let missing = beside_votes((facts, &range.rerun), config, &then);
            stage_exits.push(StageExit { stage: stage.clone(), step, is_forced, missing });
        }
    }
    let is_open = after.cancelled.is_none() && !after.stage.is_complete();
    let current = is_open.then(|| Current {
        roles: judgement.current.get(&facts.id).map_or(&[][..], Vec::as_slice),
        missing: beside_votes((facts, &range.rerun), config, after),
    });
    Judged { facts, moves, stage_exits, leavings, current }
}

/// Returns the type whose pipeline judges.
pub(super) fn kind_of(facts: &RangeTask) -> Option<&str> {
    facts.judged_kind.as_deref()
}

/// Returns the task in a stage, before the move at `last` led it out of there.
fn at_stage_entry(after: &Task, kind: Option<&str>, stage: &Stage, last: usize) -> Task {
    Task {
        stage: stage.clone(),
        kind: kind.map(str::to_owned),
        history: after.history[..last].to_vec(),
        // A task that is blocked or cancelled after it moved has moved all the same.
        blocked: None,
        cancelled: None,
        ..after.clone()
    }
}

fn beside_votes((facts, rerun): (&RangeTask, &Rerun), config: &Config, task: &Task) -> Vec<Missing> {
    let signoffs = Signoffs::without_votes(task, config);
    let case = Case {
        task,
        config,
        signoffs: &signoffs,
        findings: &facts.findings,
        // The gate reports each of them itself.
        unreadable: &[],
        open_boxes: &facts.open_boxes,
        waits_for: &facts.waits_for,
        evidence: TaskEvidence { receipts: &facts.receipts, named: &facts.verified_by, rerun },
        actor: "",
        agent: None,
        now: chrono::DateTime::UNIX_EPOCH,
    };
    gate(&case).missing
}

/// A vote on a task of the range.
#[derive(Clone, Copy)]
pub(super) struct Vote<'f> {
    /// Its place among the votes.
    pub(super) at: usize,
    /// Its record.
    pub(super) record: &'f VoteRecord,
    /// What it is worth.
    pub(super) status: &'f VoteStatus,
    /// Whether the range brings it.
    pub(super) is_new: bool,
}

impl<'f> RangeFacts<'f> {
    /// Returns a vote by its place, with what it was worth where that was asked.
    pub(super) fn vote<'s>(&'s self, at: usize, status: &'s VoteStatus) -> Option<Vote<'s>> {
        let (record, cast) = (self.landing.votes.get(at)?, self.landing.cast.get(at)?);
        Some(Vote { at, record, status, is_new: cast.sides.head && !cast.sides.tip && !cast.sides.base })
    }

    /// Returns the rejections of a role that an override lifted.
    pub(super) fn lifted_by_overrides(&self, role: &JudgedRole) -> Vec<Missing> {
        let is_lifted = |(_, status): &&(usize, VoteStatus)| *status == VoteStatus::None(WhyNot::Overridden);
        let lifted = role.votes.iter().filter(is_lifted);
        lifted.filter_map(|(at, status)| Some(self.rejection(self.vote(*at, status)?.record))).collect()
    }

    /// Returns a rejection that counts, as what is missing.
    pub(super) fn rejection(&self, record: &VoteRecord) -> Missing {
        let own = &record.vote;
        let notes = own.notes.as_deref().and_then(|notes| notes.lines().next());
        Missing::Rejected {
            role: own.role.clone(),
            by: (self.people)(&own.by).name,
            notes: notes.map(str::to_owned),
        }
    }

    /// Returns what is asked of a role, as what is missing: its objections, then its approvals.
    pub(super) fn missing_of(&self, role: &JudgedRole, config: &Config) -> Vec<Missing> {
        let mut missing = Vec::new();
        for (at, status) in role.votes.iter().filter(|(_, status)| *status == VoteStatus::Rejection) {
            missing.extend(self.vote(*at, status).map(|vote| self.rejection(vote.record)));
        }
        let have = self.people_approving(role);
        if have < role.quorum {
            missing.push(Missing::Signoff {
                role: role.role.clone(),
                have,
                need: role.quorum,
                is_defined: config.role(&role.role).is_defined,
                waiting_for: config.role(&role.role).rules.members.clone(),
            });
        }
        missing
    }

    /// Returns how many people's approvals count.
    pub(super) fn people_approving(&self, role: &JudgedRole) -> u32 {
        let mut people: Vec<_> = role.approvals().map(|at| &self.landing.cast[at].voter).collect();
        people.sort();
        people.dedup();
        u32::try_from(people.len()).unwrap_or(u32::MAX)
    }
}

/// Returns the moves of `after` that `before` does not have, in order, each with its place in `after`.
///
/// Two branches' moves may be between one another after a merge, so what was there before need not be a beginning:
/// it must be there in its order.
fn added<'m>(before: &[Move], after: &'m [Move]) -> Vec<(usize, &'m Move)> {
    let mut waiting = before.iter().peekable();
    let is_new = |step: &&(usize, &Move)| waiting.next_if(|old| *old == step.1).is_none();
    let steps: Vec<(usize, &Move)> = after.iter().enumerate().collect();
    steps.iter().filter(is_new).copied().collect()
}

/// Returns the first move of `before` that `after` does not have in its place among the others.
pub(super) fn lost<'m>(before: &'m [Move], after: &[Move]) -> Option<&'m Move> {
    let mut rest = after.iter();
    before.iter().find(|old| !rest.any(|step| step == *old))
}

#[cfg(test)]
mod tests {
    use super::{added, lost};
    use crate::model::{Move, MoveKind, Stage};

    fn moves(names: &str) -> Vec<Move> {
        let step = |name: char| Move {
            at: chrono::DateTime::UNIX_EPOCH,
            by: name.to_string(),
            agent: None,
            from: Stage::none(),
            to: Stage::complete(),
            kind: MoveKind::Advance,
            why: None,
            signature: None,
        };
        names.chars().map(step).collect()
    }

    fn names(moves: &[(usize, &Move)]) -> String {
        moves.iter().map(|(_, step)| step.by.as_str()).collect()
    }

    #[test]
    fn added_moves_are_found() {
        for (before, after, expected) in
            [("", "ab", "ab"), ("ab", "abc", "c"), ("ab", "axb", "x"), ("ab", "ab", ""), ("a", "aa", "a")]
        {
            assert_eq!(names(&added(&moves(before), &moves(after))), expected, "{before} {after}");
            assert_eq!(lost(&moves(before), &moves(after)), None, "{before} {after}");
        }
    }

    #[test]
    fn what_is_lost_or_turned_round_is_found() {
        for (before, after, expected) in
            [("ab", "b", "a"), ("ab", "ba", "b"), ("abc", "ac", "b"), ("a", "", "a")]
        {
            let (before, after) = (moves(before), moves(after));
            assert_eq!(lost(&before, &after).map(|step| step.by.as_str()), Some(expected));
        }
    }
}
