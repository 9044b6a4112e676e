//! Histories and votes as they will be merged.

use std::collections::HashSet;
use std::rc::Rc;

use super::{Judge, Objection, Ruling};
use crate::model::{Move, Stage, TaskId, Verdict};
use crate::policy::history::{Ancestors, Commit, History};
use crate::policy::{Route, Sides};

/// A task's record on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSide {
    /// Its moves.
    pub history: Vec<Move>,
    /// The stage that it says.
    pub stage: Stage,
    /// Digest of its acceptance text.
    pub criteria: String,
    /// Whether it is cancelled.
    pub is_cancelled: bool,
}

/// A task's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskSides {
    /// The task.
    pub id: TaskId,
    /// The record's path.
    pub path: String,
    /// The type whose pipeline judges it.
    pub kind: Option<String>,
    /// The record on each side; none where it is not there.
    pub sides: Sides<Option<TaskSide>>,
}

/// A commit of the range that changed a task's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryStep {
    /// The commit.
    pub commit: Commit,
    /// The task.
    pub task: TaskId,
    /// The history that it has.
    pub after: Rc<[Move]>,
}

/// A commit of the range, with one parent, that took out what its parent had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The commit.
    pub commit: Commit,
    /// The paths of votes.
    pub votes: Vec<String>,
    /// Moves, with the paths of the tasks' records.
    pub moves: Vec<(String, Move)>,
    /// The paths of whole records of tasks.
    pub tasks: Vec<String>,
}

/// A task as it will be merged.
pub(super) struct LandingTask<'a> {
    pub(super) id: &'a TaskId,
    pub(super) route: Route<'a>,
    /// Its moves: those of the tip, then those that the head brings.
    pub(super) history: Vec<Move>,
    /// How many of them the tip has.
    pub(super) known: usize,
    /// Digest of its acceptance text.
    pub(super) criteria: &'a str,
    /// Whether it is complete or cancelled at the tip.
    pub(super) is_closed: bool,
    /// The places of the stages that it had left at the tip.
    pub(super) left_at_tip: Vec<usize>,
    /// Whether it is cancelled at the head.
    pub(super) is_cancelled: bool,
    /// The places of the stages that it has left.
    pub(super) left: Vec<usize>,
}

impl LandingTask<'_> {
    /// Returns the moves that the tip does not have.
    pub(super) fn new_moves(&self) -> &[Move] {
        &self.history[self.known..]
    }

    /// Returns whether a move that the tip does not have leaves a stage that requires a role.
    pub(super) fn brings_leaving_of(&self, role: &str) -> bool {
        let leavings = self.route.leavings(&self.history);
        let mut positions = leavings[self.known..].iter().cloned().flatten();
        positions.any(|place| self.requires(place, role))
    }

    /// Returns whether the stage at a place requires a role.
    pub(super) fn requires(&self, place: usize, role: &str) -> bool {
        self.route
            .stage_at(place)
            .is_some_and(|stage| self.route.roles_of(stage).iter().any(|own| own == role))
    }
}

/// What exact reverts of the range took out.
#[derive(Default)]
struct TakenOut<'a> {
    votes: HashSet<&'a str>,
    moves: Vec<(&'a str, &'a Move)>,
}

impl<'a, H: History> Judge<'_, 'a, H> {
    /// Joins the records of both sides, less what either took out lawfully.
    pub(super) fn join(&mut self) -> Result<(), H::Error> {
        let taken = self.taken_out()?;
        let mut tasks: Vec<&'a TaskSides> = self.landing.tasks.iter().collect();
        tasks.sort_by(|a, b| a.id.cmp(&b.id));
        for task in tasks {
            self.join_task(task, &taken);
        }
        for (at, vote) in self.landing.votes.iter().enumerate() {
            let object = |ruling| Objection {
                task: Some(vote.task.clone()),
                path: Some(vote.path.clone()),
                ..Objection::of(ruling)
            };
            let sides = &vote.sides;
            // The range brought it and took it out.
            if !sides.tip && !sides.head && !sides.base {
                if vote.verdict == Verdict::Approved {
                    continue;
                }
                self.object(object(Ruling::VoteRemoved));
            }
            // The base itself took it out.
            if sides.base && !sides.tip {
                continue;
            }
            if sides.tip && sides.base && !sides.head {
                // A rejection, and a withdrawal, is never taken out.
                if taken.votes.contains(vote.path.as_str()) && vote.verdict == Verdict::Approved {
                    continue;
                }
                self.object(object(Ruling::VoteRemoved));
            }
            if vote.is_rewritten {
                self.object(object(Ruling::VoteRewritten));
            }
            if let Some(task) = self.task(&vote.task) {
                self.votes.entry((task, vote.role.as_str())).or_default().push(at);
            }
        }
        Ok(())
    }

    fn join_task(&mut self, task: &'a TaskSides, taken: &TakenOut<'a>) {
        let nothing = &Vec::new();
        let history = |side: &'a Option<TaskSide>| side.as_ref().map(|side| &side.history);
        let tip = history(&task.sides.tip).unwrap_or(nothing);
        let head = history(&task.sides.head).unwrap_or(nothing);
        let base = history(&task.sides.base).unwrap_or(nothing);
        let object = |ruling| Objection { task: Some(task.id.clone()), ..Objection::of(ruling) };
        let is_gone = |step: &&Move| base.contains(step) && !head.contains(step);
        let gone: Vec<&Move> = tip.iter().filter(is_gone).collect();
        let is_lawful = |step: &&Move| taken.moves.contains(&(task.path.as_str(), *step));
        let route = Route::of(self.landing.config, task.kind.as_deref());
        let left = tip.iter().filter(|step| !gone.contains(step));
        // A move back is a no like a rejection: whoever takes it out would lead the task on.
        let keeps_all = !gone.iter().all(is_lawful) || route.place_after(left) > route.place_after(tip);
        if keeps_all {
            self.object(object(Ruling::HistoryShortened));
        }
        let mut joined: Vec<Move> =
            tip.iter().filter(|step| keeps_all || !gone.contains(step)).cloned().collect();
        let known = joined.len();
        joined.extend(head.iter().filter(|step| !tip.contains(step) && !base.contains(step)).cloned());
        let stage = joined.last().map_or_else(Stage::none, |step| step.to.clone());
        if let Some(own) = &task.sides.head
            && own.stage != stage
            && tip.iter().all(|step| head.contains(step))
        {
            self.object(object(Ruling::WrongStage { expected: stage }));
        }
        let tip_side = task.sides.tip.as_ref();
        let body = task.sides.head.as_ref().or(tip_side);
        self.tasks.push(LandingTask {
            id: &task.id,
            route,
            left: route.left(&joined),
            left_at_tip: route.left(tip),
            known,
            history: joined,
            criteria: body.map_or("", |side| side.criteria.as_str()),
            is_cancelled: body.is_some_and(|side| side.is_cancelled),
            is_closed: tip_side.is_some_and(|side| {
                side.is_cancelled || side.history.last().is_some_and(|step| step.to.is_complete())
            }),
        });
    }

    fn taken_out(&mut self) -> Result<TakenOut<'a>, H::Error> {
        let mut taken = TakenOut::default();
        for removal in self.landing.removals {
            if let Some(reverted) = self.reverted_by(removal)? {
                self.reverts.insert(removal.commit, reverted);
                taken.votes.extend(removal.votes.iter().map(String::as_str));
                taken.moves.extend(removal.moves.iter().map(|(path, step)| (path.as_str(), step)));
            }
        }
        Ok(taken)
    }

    /// Returns the earlier commit of which a commit is, on exactly the same paths, the inverse.
    fn reverted_by(&mut self, removal: &Removal) -> Result<Option<Commit>, H::Error> {
        let history = self.history();
        let moved = removal.moves.iter().map(|(path, _)| path);
        let records = removal.votes.iter().chain(moved).chain(&removal.tasks);
        let Some(record) = records.min() else { return Ok(None) };
        let &[parent] = history.parents(removal.commit) else { return Ok(None) };
        let touching = history.commits_touching(record)?;
        let Some(oldest) = touching.first() else { return Ok(None) };
        let paths = history.differences(Some(parent), removal.commit)?;
        let earlier = Ancestors::of(history, &[parent], *oldest);
        for reverted in touching.iter().rev().filter(|commit| earlier.has(**commit)) {
            if self.is_inverse(removal.commit, parent, *reverted, &paths)? {
                return Ok(Some(*reverted));
            }
        }
        Ok(None)
    }

    fn is_inverse(
        &mut self,
        commit: Commit,
        parent: Commit,
        reverted: Commit,
        paths: &[String],
    ) -> Result<bool, H::Error> {
        let history = self.history();
        let Some(&before) = history.parents(reverted).first() else { return Ok(false) };
        if *history.differences(Some(before), reverted)? != *paths {
            return Ok(false);
        }
        for path in paths {
            let (made, was) = (history.entry(reverted, path)?, history.entry(before, path)?);
            let (now, then) = (history.entry(commit, path)?, history.entry(parent, path)?);
            if self.changes.changes().merge(&made, &was, &then)? != Some(now) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
