//! Whether what a range lands is signed off: every move of its tasks, and every file that it changes on the base.
//!
//! The range is judged as it will be merged. Moves and votes of the base's tip and of the head are joined; a move is
//! earned where the approvals that its stage requires were valid at the commit that made it; a file is covered where a
//! chain of approved changes leads from what the tip has to what the merge has. A vote approves a *change*, from one
//! content to another, so it survives a rebase or a squash and never undoes what the base has done since.
//!
//! Pure: facts come in as [`Landing`], the history is asked through [`History`], objections go out. Costs: for each
//! commit of the range what it changed, for each path the votes that list it; texts are merged only where both sides
//! changed one.

mod chain;
mod files;
mod moves;
mod objection;
mod records;
mod votes;

pub use objection::{FileCoverage, JudgedLeaving, JudgedRole, Objection, Ruling};
pub use records::{HistoryStep, Removal, TaskSide, TaskSides};

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use self::records::LandingTask;
use self::votes::Purpose;
use crate::model::{Config, TaskId};
use crate::policy::history::{Ancestors, Commit, History, between};
use crate::policy::{CastVote, VoteHistory, VoteStatus, WhyNot};

/// What is to be merged, and what is known of its records.
#[derive(Debug, Clone, Copy)]
pub struct Landing<'a> {
    /// The policy of the base.
    pub config: &'a Config,
    /// The base's last commit.
    pub tip: Commit,
    /// The last commit of what is to be merged.
    pub head: Commit,
    /// The tasks that the base, the head or a commit of the range knows, each once.
    pub tasks: &'a [TaskSides],
    /// The votes on them.
    pub votes: &'a [CastVote],
    /// The commits of the range that changed a task's history, ascending.
    pub steps: &'a [HistoryStep],
    /// The commits of the range, not merges, that took votes, moves or tasks out.
    pub removals: &'a [Removal],
    /// The role that answers for the policy, and the paths that need its approval.
    pub owned: Option<(&'a str, &'a BTreeSet<String>)>,
}

/// The judgement of a merge.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// The objections.
    pub objections: Vec<Objection>,
    /// The stages that it leads tasks out of.
    pub leavings: Vec<JudgedLeaving>,
    /// The roles that the stages require in which tasks are, by task.
    pub current: BTreeMap<TaskId, Vec<JudgedRole>>,
    /// What each vote is worth for its own stage, by its place; none of one that will not be there.
    pub votes: BTreeMap<usize, VoteStatus>,
    /// Who has seen the files that it changes, by path.
    pub files: BTreeMap<String, FileCoverage>,
    /// The commits of the range that undo an earlier one exactly, each with that one.
    pub reverts: BTreeMap<Commit, Commit>,
}

/// Reads the votes on a task that the range does not touch.
pub type MoreVotes<'m, E> = dyn FnMut(&TaskId) -> Result<Vec<CastVote>, E> + 'm;

/// Judges what is to be merged. It may land where no objection is returned.
///
/// # Errors
/// Where the history cannot be read.
pub fn judge<H: History>(
    history: &H,
    landing: &Landing<'_>,
    more_votes: &mut MoreVotes<'_, H::Error>,
) -> Result<Judgement, H::Error> {
    let bases = history.merge_bases(landing.tip, landing.head)?;
    let mut judge = Judge {
        landing: *landing,
        changes: VoteHistory::new(history, bases.first().copied()),
        bases,
        landed: Ancestors::of(history, &[landing.tip], Commit(0)),
        tasks: Vec::new(),
        votes: HashMap::new(),
        steps: steps_by_task(landing.steps),
        own_work: HashMap::new(),
        sound: HashMap::new(),
        more_votes,
        elsewhere: HashMap::new(),
        objections: Vec::new(),
        known: HashSet::new(),
        leavings: Vec::new(),
        files: BTreeMap::new(),
        reverts: BTreeMap::new(),
    };
    judge.join()?;
    judge.squashes()?;
    judge.moves()?;
    judge.files()?;
    let (current, votes) = (judge.current()?, judge.own_stages()?);
    let Judge { objections, leavings, files, reverts, .. } = judge;
    Ok(Judgement { objections, leavings, current, votes, files, reverts })
}

/// What is known so far.
struct Judge<'h, 'a, H: History> {
    landing: Landing<'a>,
    changes: VoteHistory<'h, H>,
    bases: Rc<[Commit]>,
    /// What the tip has.
    landed: Ancestors,
    /// The tasks, as they will be merged.
    tasks: Vec<LandingTask<'a>>,
    /// The votes that will be there, by the task's place and role.
    votes: HashMap<(usize, &'a str), Vec<usize>>,
    /// The commits of the range that changed each task's history, ascending.
    steps: HashMap<&'a TaskId, Vec<&'a HistoryStep>>,
    /// Which votes are by someone who wrote what they cover.
    own_work: HashMap<usize, bool>,
    /// Which votes list what the commit that they looked at shows.
    sound: HashMap<usize, bool>,
    more_votes: &'a mut MoreVotes<'a, H::Error>,
    /// Votes on tasks that the range does not touch.
    elsewhere: HashMap<TaskId, Vec<CastVote>>,
    objections: Vec<Objection>,
    known: HashSet<Objection>,
    leavings: Vec<JudgedLeaving>,
    files: BTreeMap<String, FileCoverage>,
    reverts: BTreeMap<Commit, Commit>,
}

fn steps_by_task(steps: &[HistoryStep]) -> HashMap<&TaskId, Vec<&HistoryStep>> {
    let mut by_task: HashMap<&TaskId, Vec<&HistoryStep>> = HashMap::new();
    for step in steps {
        by_task.entry(&step.task).or_default().push(step);
    }
    by_task
}

impl<'h, 'a, H: History> Judge<'h, 'a, H> {
    fn history(&self) -> &'h H {
        self.changes.history()
    }

    fn object(&mut self, objection: Objection) {
        if self.known.insert(objection.clone()) {
            self.objections.push(objection);
        }
    }

    fn task(&self, id: &TaskId) -> Option<usize> {
        self.tasks.binary_search_by(|task| task.id.cmp(id)).ok()
    }

    /// Returns the commits of the range, ascending.
    fn range(&self) -> Vec<Commit> {
        between(self.history(), &[self.landing.tip], self.landing.head)
    }

    /// Returns the roles that the stages require in which tasks are.
    fn current(&mut self) -> Result<BTreeMap<TaskId, Vec<JudgedRole>>, H::Error> {
        let mut current = BTreeMap::new();
        for task in 0..self.tasks.len() {
            let own = &self.tasks[task];
            let (route, id) = (own.route, own.id);
            let Some(stage) = own.history.last().map(|step| step.to.clone()) else { continue };
            let round = route.round(&own.history, &stage);
            let purpose = Purpose { stage: &stage, round, at: Some(self.landing.head) };
            let mut roles = Vec::new();
            for role in route.roles_of(&stage) {
                roles.push(self.role(task, role, purpose)?);
            }
            current.insert(id.clone(), roles);
        }
        Ok(current)
    }

    /// Returns what each vote is worth for the stage that it was cast for.
    fn own_stages(&mut self) -> Result<BTreeMap<usize, VoteStatus>, H::Error> {
        let mut worth = BTreeMap::new();
        let required: BTreeSet<(usize, &'a str, &'a crate::model::Stage)> = self
            .votes
            .iter()
            .flat_map(|((task, role), votes)| votes.iter().map(move |vote| (*task, *role, *vote)))
            .map(|(task, role, vote)| (task, role, &self.landing.votes[vote].stage))
            .collect();
        for (task, role, stage) in required {
            let own = &self.tasks[task];
            let (route, round) = (own.route, own.route.round(&own.history, stage));
            let is_required = route.roles_of(stage).iter().any(|own| own == role)
                || self.landing.config.policy.gate.owners.as_deref() == Some(role);
            let judged = self.role(task, role, Purpose { stage, round, at: None })?;
            for (vote, status) in judged.votes {
                if self.landing.votes[vote].stage == *stage {
                    let is_required = is_required || matches!(status, VoteStatus::None(_));
                    worth.insert(
                        vote,
                        if is_required { status } else { VoteStatus::None(WhyNot::NotRequired) },
                    );
                }
            }
        }
        Ok(worth)
    }

    /// A commit, not a merge, that names several tasks and brings votes of more than one: whose they are is lost.
    fn squashes(&mut self) -> Result<(), H::Error> {
        let mut brought: BTreeMap<Commit, Vec<&'a TaskId>> = BTreeMap::new();
        for vote in self.votes.values().flatten().map(|vote| &self.landing.votes[*vote]) {
            brought.entry(vote.added).or_default().push(&vote.task);
        }
        for (commit, mut tasks) in brought {
            let is_squash = self.history().parents(commit).len() == 1 && !self.landed.has(commit);
            if !is_squash {
                continue;
            }
            let named = self.history().tasks_of(commit)?;
            tasks.retain(|task| named.contains(task));
            tasks.sort_unstable();
            tasks.dedup();
            if tasks.len() > 1 {
                let tasks = tasks.into_iter().cloned().collect();
                self.object(Objection { commit: Some(commit), ..Objection::of(Ruling::Squash { tasks }) });
            }
        }
        Ok(())
    }
}
