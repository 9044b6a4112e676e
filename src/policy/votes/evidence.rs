//! What a history says of votes: which came last, what their commits show, and who wrote what they cover.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::model::{CoveredChange, TaskId};
use crate::policy::history::{Ancestors, Change, Changes, Commit, History, PersonKey, Span, between};
use crate::policy::{Route, Staleness};

/// What a task changed, by path.
type Changed = Rc<BTreeMap<String, Change>>;

/// A vote, as far as a history is asked about it.
#[derive(Debug, Clone, Copy)]
pub struct VoteClaim<'v> {
    /// The task.
    pub task: &'v TaskId,
    /// Whose the vote is.
    pub voter: &'v PersonKey,
    /// The changes that it covers.
    pub files: &'v [CoveredChange],
    /// The commit that is asked: the one that added it, or the tip where none has it yet.
    pub at: Commit,
}

/// A vote in the order of a person's votes for a role, beside another.
#[derive(Debug, Clone, Copy)]
pub struct VoteTurn {
    /// The commit that added it; none where no commit has it yet.
    pub added: Option<Commit>,
    /// The commit that was looked at, where the history has it.
    pub looked_at: Option<Commit>,
    pub is_rejection: bool,
    /// Whether it names the other as replaced.
    pub names_other: bool,
}

/// How far a vote is on what the voter wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnWork {
    /// The voter wrote a commit of the task.
    Certain,
    /// It is, unless somebody else approved what each of these commits of the voter, of another task or none, made of a
    /// path; it is not where there are none.
    Unless(Vec<(Commit, String)>),
}

/// A history, asked about votes; what it says is remembered.
pub struct VoteHistory<'h, H: History> {
    changes: Changes<'h, H>,
    /// What tasks changed as seen from commits.
    views: HashMap<(TaskId, Commit), Changed>,
    /// The commits of people within spans.
    between: HashMap<(Commit, Vec<Commit>, PersonKey), Rc<[Commit]>>,
    order: HashMap<(Commit, Commit), bool>,
}

impl<'h, H: History> VoteHistory<'h, H> {
    /// Makes it on top of a base: what that has is taken for granted.
    pub fn new(history: &'h H, base: Option<Commit>) -> Self {
        let changes = Changes::new(history, base);
        Self { changes, views: HashMap::new(), between: HashMap::new(), order: HashMap::new() }
    }

    /// The history.
    pub fn history(&self) -> &'h H {
        self.changes.history()
    }

    /// The changes of tasks.
    pub fn changes(&mut self) -> &mut Changes<'h, H> {
        &mut self.changes
    }

    /// Returns what a task changed, as seen from a commit.
    pub fn changed_by(&mut self, task: &TaskId, at: Commit) -> Result<Changed, H::Error> {
        let key = (task.clone(), at);
        if let Some(known) = self.views.get(&key) {
            return Ok(Rc::clone(known));
        }
        let found = Rc::new(self.changes.of_task(task, at, &|_| true)?);
        self.views.insert(key, Rc::clone(&found));
        Ok(found)
    }

    /// Whether one commit has another as an ancestor. What no commit has yet comes after all.
    pub fn is_after(&mut self, one: Option<Commit>, other: Option<Commit>) -> bool {
        match (one, other) {
            (None, other) => other.is_some(),
            (Some(_), None) => false,
            (Some(one), Some(other)) if one <= other => false,
            (Some(one), Some(other)) => {
                let history = self.changes.history();
                let search = || Ancestors::of(history, &[one], other).has(other);
                *self.order.entry((one, other)).or_insert_with(search)
            }
        }
    }

    /// Whether one vote comes after another: a later commit added it, or the same one or one beside it, and it alone names
    /// the other. Such commits tell no order: who names a vote knew it. A rejection ends only by a vote that knew it: a
    /// rebase puts older approvals after it.
    pub fn is_later(&mut self, one: VoteTurn, other: VoteTurn) -> bool {
        let is_later = self.is_after(one.added, other.added)
            || one.names_other && !other.names_other && !self.is_after(other.added, one.added);
        is_later && (!other.is_rejection || one.is_rejection || self.knew(one, other))
    }

    /// Whether who cast a vote knew another: it names it, or looked at a commit that has it.
    fn knew(&mut self, one: VoteTurn, other: VoteTurn) -> bool {
        one.names_other
            || one.looked_at.is_some()
                && (one.looked_at == other.added || self.is_after(one.looked_at, other.added))
    }

    /// Returns whether a task's commits, seen from one, made what a vote lists.
    pub fn shows(&mut self, task: &TaskId, at: Commit, files: &[CoveredChange]) -> Result<bool, H::Error> {
        self.changes.shows(task, at, files)
    }

    /// Returns what a vote for a role does not cover of what the task had changed at a commit.
    pub fn stale(
        &mut self,
        route: Route<'_>,
        role: &str,
        claim: VoteClaim<'_>,
    ) -> Result<Vec<Staleness>, H::Error> {
        let changed = self.changed_by(claim.task, claim.at)?;
        let listed: HashMap<&str, &CoveredChange> =
            claim.files.iter().map(|file| (file.path.as_str(), file)).collect();
        let mut stale = Vec::new();
        for (path, change) in changed.iter().filter(|(path, _)| route.is_reviewed(role, path)) {
            match listed.get(path.as_str()) {
                None => stale.push(Staleness::FileAdded(path.clone())),
                Some(file) if file.to == change.to || self.leads_to(file, change)? => {}
                Some(file) => stale.push(Staleness::of(path, &file.to, &change.to)),
            }
        }
        Ok(stale)
    }

    /// Returns whether an approved change, made on what the task now begins with, gives what the task has.
    fn leads_to(&mut self, file: &CoveredChange, change: &Change) -> Result<bool, H::Error> {
        for from in &file.from {
            for before in &change.from {
                if self.changes.merge(from, &file.to, before)?.as_ref() == Some(&change.to) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Tells how far the voter wrote what a vote covers: in commits of the task, or in others between where the change
    /// comes from and where it leads.
    pub fn own_work(&mut self, claim: VoteClaim<'_>) -> Result<OwnWork, H::Error> {
        let changed = self.changed_by(claim.task, claim.at)?;
        let mut others = Vec::new();
        for file in claim.files {
            let commits = self.changes.commits_on(claim.task, &file.path)?;
            if self.any_by(&commits, claim.voter)? {
                return Ok(OwnWork::Certain);
            }
            let Some(change) = changed.get(&file.path) else { continue };
            for commit in self.between(&change.span, claim.voter)?.iter() {
                let on_path = self.history().changed(*commit)?;
                let is_on_path = on_path.binary_search_by(|own| own.as_str().cmp(&file.path)).is_ok();
                if is_on_path && !commits.contains(commit) {
                    others.push((*commit, file.path.clone()));
                }
            }
        }
        Ok(OwnWork::Unless(others))
    }

    fn any_by(&self, commits: &[Commit], person: &PersonKey) -> Result<bool, H::Error> {
        for commit in commits {
            if self.history().authors_of(*commit)?.contains(person) {
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
}
