//! Whether what a range lands is signed off: every move of its tasks, and every file that it changes on the base.
//!
//! The range is judged as it will be merged. Moves and votes of the base's tip and of the head are joined; a move is
//! earned where the approvals that its stage requires stood at the commit that made it; a file is covered where a
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

pub use objection::{Objection, Ruling};
pub use records::{HistoryStep, Removal, Sides, TaskSide, TaskSides};
pub use votes::CastVote;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use self::records::LandingTask;
use crate::model::{Config, TaskId};
use crate::policy::history::{Ancestors, Change, Changes, Commit, History, PersonKey, between};

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
    /// The commits of the range, not merges, that took votes or moves out.
    pub removals: &'a [Removal],
}

/// Judges what is to be merged. Nothing stands against it where no objection is returned.
///
/// # Errors
/// Where the history cannot be read.
pub fn judge<H: History>(history: &H, landing: &Landing<'_>) -> Result<Vec<Objection>, H::Error> {
    let bases = history.merge_bases(landing.tip, landing.head)?;
    let mut judge = Judge {
        landing: *landing,
        changes: Changes::new(history, bases.first().copied()),
        bases,
        landed: Ancestors::of(history, &[landing.tip], Commit(0)),
        tasks: Vec::new(),
        votes: HashMap::new(),
        own_work: HashMap::new(),
        views: HashMap::new(),
        sound: HashMap::new(),
        between: HashMap::new(),
        objections: Vec::new(),
        said: HashSet::new(),
    };
    judge.join()?;
    judge.squashes()?;
    judge.moves()?;
    judge.files()?;
    Ok(judge.objections)
}

/// What is known so far.
struct Judge<'h, 'a, H: History> {
    landing: Landing<'a>,
    changes: Changes<'h, H>,
    bases: Rc<[Commit]>,
    /// What the tip has.
    landed: Ancestors,
    /// The tasks, as they will be merged.
    tasks: Vec<LandingTask<'a>>,
    /// The votes that will be there, by the task's place and role.
    votes: HashMap<(usize, &'a str), Vec<usize>>,
    /// Which votes are by someone who wrote what they cover.
    own_work: HashMap<usize, bool>,
    /// What tasks changed as seen from commits.
    views: HashMap<(usize, Commit), Rc<BTreeMap<String, Change>>>,
    /// Which votes list what the commit that they looked at shows.
    sound: HashMap<usize, bool>,
    /// The commits of people within spans.
    between: HashMap<(Commit, Vec<Commit>, PersonKey), Rc<[Commit]>>,
    objections: Vec<Objection>,
    said: HashSet<Objection>,
}

impl<'h, 'a, H: History> Judge<'h, 'a, H> {
    fn history(&self) -> &'h H {
        self.changes.history()
    }

    fn object(&mut self, objection: Objection) {
        if self.said.insert(objection.clone()) {
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

    /// Returns what a task changed, as seen from a commit.
    fn changed_by(&mut self, task: usize, at: Commit) -> Result<Rc<BTreeMap<String, Change>>, H::Error> {
        if let Some(known) = self.views.get(&(task, at)) {
            return Ok(Rc::clone(known));
        }
        let found = Rc::new(self.changes.of_task(self.tasks[task].id, at, &|_| true)?);
        self.views.insert((task, at), Rc::clone(&found));
        Ok(found)
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
