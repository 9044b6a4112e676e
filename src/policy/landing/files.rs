//! Files: a chain of approved changes leads from what the tip has to what the merge has.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chain::{Link, Outcome, TaskSet, search};
use super::votes::Purpose;
use super::{Judge, Objection, Ruling};
use crate::model::{Move, Stage, TaskId, TreeEntry, is_daily_record};
use crate::policy::history::{Commit, History, PersonKey};
use crate::policy::{Route, is_override};

/// The approved changes for one role, by path: whose and what.
type Approved = BTreeMap<String, Vec<(usize, TreeEntry, TreeEntry)>>;

/// A path, with what was approved to lead from and to.
type Approval = (String, TreeEntry, TreeEntry);

/// What is known of the files that the merge changes.
struct Files {
    /// What the merge has, where that is not what the tip has.
    merged: BTreeMap<String, TreeEntry>,
    /// The tasks of the commits that changed them.
    tasks: HashMap<String, BTreeSet<usize>>,
}

impl<'a, H: History> Judge<'_, 'a, H> {
    pub(super) fn files(&mut self) -> Result<(), H::Error> {
        let merged = self.merged_files()?;
        let tasks = self.tasks_on(&merged)?;
        let files = Files { merged, tasks };
        let mut needed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for path in files.merged.keys() {
            if let Some((owners, _)) = self.landing.owned.filter(|(_, owned)| owned.contains(path)) {
                needed.entry(owners).or_default().insert(path.clone());
            }
            let Some(tasks) = files.tasks.get(path) else {
                self.object(Objection { path: Some(path.clone()), ..Objection::of(Ruling::Unlinked) });
                continue;
            };
            let lapses = tasks.iter().all(|task| self.tasks[*task].is_cancelled);
            for role in tasks.iter().flat_map(|task| self.required_of(*task, path, lapses)) {
                needed.entry(role).or_default().insert(path.clone());
            }
        }
        let mut roles: BTreeSet<&str> = self.landing.config.role_names().into_iter().collect();
        roles.extend(needed.keys());
        for role in roles {
            self.files_of_role(role, needed.remove(role).unwrap_or_default(), &files)?;
        }
        for path in files.merged.into_keys() {
            self.files.entry(path).or_default();
        }
        Ok(())
    }

    /// Returns the roles that stages require which a task has left, as far as they review a path; also those of the
    /// usual pipeline that the task's own never asks, once it is past where they would have been asked. What
    /// `lapses` with its tasks will not be asked about later: all of their roles must have seen it.
    fn required_of(&self, task: usize, path: &str, lapses: bool) -> Vec<&'a str> {
        let own = &self.tasks[task];
        let config = self.landing.config;
        let all = lapses.then(|| own.route.stages()).into_iter().flatten();
        let left = own.left.iter().filter_map(|place| own.route.stage_at(*place));
        let stages: Vec<&Stage> = left.chain(all).collect();
        let roles = stages.iter().flat_map(|stage| own.route.roles_of(stage)).map(String::as_str);
        let mut required: Vec<&str> = roles.filter(|role| own.route.is_reviewed(role, path)).collect();
        if own.route.is_own(path) {
            return required;
        }
        let usual = Route::of(config, None);
        let here = own.history.last().and_then(|step| usual.place(&step.to)).unwrap_or_default();
        for (place, stage) in (1..).zip(usual.stages()) {
            if !lapses && place >= here {
                break;
            }
            let roles = usual.roles_of(stage).iter().map(String::as_str);
            required
                .extend(roles.filter(|role| !self.is_on_route(task, role) && usual.is_reviewed(role, path)));
        }
        required
    }

    /// Returns whether a stage of a task's own route requires a role.
    fn is_on_route(&self, task: usize, role: &str) -> bool {
        self.tasks[task].route.stages_requiring(role).next().is_some()
    }

    /// Returns what the merge of tip and head has, where that is not what the tip has. Where they conflict, that is
    /// reported, and the tip's content is taken.
    fn merged_files(&mut self) -> Result<BTreeMap<String, TreeEntry>, H::Error> {
        let (history, tip, head) = (self.history(), self.landing.tip, self.landing.head);
        let mut paths = BTreeSet::new();
        let bases = std::rc::Rc::clone(&self.bases);
        for base in bases.iter() {
            paths.extend(history.differences(Some(*base), head)?.iter().cloned());
        }
        if bases.is_empty() {
            paths.extend(history.differences(None, head)?.iter().cloned());
        }
        let mut merged = BTreeMap::new();
        for path in paths.into_iter().filter(|path| !is_daily_record(path)) {
            match self.changes.changes().merged(tip, head, &path)? {
                Some(entry) if entry == history.entry(tip, &path)? => {}
                Some(entry) => drop(merged.insert(path, entry)),
                None => {
                    let ruling = if bases.len() > 1 { Ruling::SeveralBases } else { Ruling::Conflict };
                    self.object(Objection { path: Some(path), ..Objection::of(ruling) });
                }
            }
        }
        Ok(merged)
    }

    /// Returns, by path, the tasks of the commits of the range that changed it.
    fn tasks_on(
        &self,
        paths: &BTreeMap<String, TreeEntry>,
    ) -> Result<HashMap<String, BTreeSet<usize>>, H::Error> {
        let mut found: HashMap<String, BTreeSet<usize>> = HashMap::new();
        for commit in self.range() {
            let named = self.history().tasks_of(commit)?;
            let tasks: Vec<usize> = named.iter().filter_map(|task| self.task(task)).collect();
            let reverted = self.reverted_tasks(commit, named.is_empty())?;
            if tasks.is_empty() && reverted.is_empty() {
                continue;
            }
            for path in self.history().changed(commit)?.iter().filter(|path| paths.contains_key(*path)) {
                let reverted = reverted.iter().filter(|task| self.was_seen_by_nobody(**task, path));
                let own: BTreeSet<usize> = tasks.iter().chain(reverted).copied().collect();
                if !own.is_empty() {
                    found.entry(path.clone()).or_default().extend(own);
                }
            }
        }
        Ok(found)
    }

    /// Returns the tasks of what a commit that names none undoes exactly.
    fn reverted_tasks(&self, commit: Commit, names_none: bool) -> Result<Vec<usize>, H::Error> {
        let Some(reverted) = self.reverts.get(&commit).filter(|_| names_none) else { return Ok(Vec::new()) };
        Ok(self.history().tasks_of(*reverted)?.iter().filter_map(|task| self.task(task)).collect())
    }

    /// Returns whether the base has a task's work on a path without anybody's review: taking that back needs none either.
    fn was_seen_by_nobody(&self, task: usize, path: &str) -> bool {
        let own = &self.tasks[task];
        let left = own.left_at_tip.iter().filter_map(|place| own.route.stage_at(*place));
        let mut roles = left.flat_map(|stage| own.route.roles_of(stage));
        !roles.any(|role| own.route.is_reviewed(role, path))
    }

    fn files_of_role(
        &mut self,
        role: &str,
        mut paths: BTreeSet<String>,
        files: &Files,
    ) -> Result<(), H::Error> {
        let approved = self.approved(role)?;
        let mut whole: HashMap<&str, BTreeSet<usize>> = HashMap::new();
        for (path, changes) in &approved {
            let tasks = self.must_arrive(role, path, changes)?;
            if !tasks.is_empty() {
                paths.insert(path.clone());
                whole.insert(path, tasks);
            }
        }
        let seen = approved.keys().filter(|path| files.merged.contains_key(*path) && !paths.contains(*path));
        for path in seen {
            if self.file(path, &approved[path], role, &BTreeSet::new(), files)?.is_none() {
                self.files.entry(path.clone()).or_default().covered_by.push(role.to_owned());
            }
        }
        let nothing = Vec::new();
        for path in paths {
            let changes = approved.get(&path).unwrap_or(&nothing);
            let must = whole.remove(path.as_str()).unwrap_or_default();
            let ruling = self.file(&path, changes, role, &must, files)?;
            let coverage = self.files.entry(path.clone()).or_default();
            match ruling {
                None => coverage.covered_by.push(role.to_owned()),
                Some(ruling) => {
                    coverage.missing.push(role.to_owned());
                    let (path, role) = (Some(path), Some(role.to_owned()));
                    self.object(Objection { path, role, ..Objection::of(ruling) });
                }
            }
        }
        Ok(())
    }

    /// Judges one file for one role.
    fn file(
        &mut self,
        path: &str,
        changes: &[(usize, TreeEntry, TreeEntry)],
        role: &str,
        must: &BTreeSet<usize>,
        files: &Files,
    ) -> Result<Option<Ruling>, H::Error> {
        let tip = self.history().entry(self.landing.tip, path)?;
        // Conflicts are reported already, and nothing of it lands.
        let goal = files.merged.get(path).cloned().unwrap_or_else(|| tip.clone());
        let own: BTreeSet<usize> = changes.iter().map(|(task, ..)| *task).collect();
        let own: Vec<usize> = own.into_iter().collect();
        let place = |task: &usize| own.binary_search(task).unwrap_or(own.len());
        let links: Vec<Link> = changes
            .iter()
            .map(|(task, from, to)| Link {
                tasks: TaskSet::one(place(task)),
                from: from.clone(),
                to: to.clone(),
            })
            .collect();
        let mut all = TaskSet::default();
        must.iter().for_each(|task| all.insert(place(task)));
        let merges = self.changes.changes();
        let mut merge = |base: &TreeEntry, one: &TreeEntry, other: &TreeEntry| merges.merge(base, one, other);
        let outcome = search(&tip, &goal, &links, &all, &mut merge)?;
        let ids = |tasks: &mut dyn Iterator<Item = &usize>| -> Vec<TaskId> {
            tasks.map(|task| self.tasks[*task].id.clone()).collect()
        };
        Ok(match outcome {
            Outcome::Found => None,
            Outcome::GivenUp => Some(match self.uncovered(path, role, changes, files)? {
                Ruling::Uncovered { unapproved, .. } if unapproved.is_empty() => Ruling::TooManyCombinations,
                uncovered => uncovered,
            }),
            Outcome::NotFound if !must.is_empty() => {
                let part = search(&tip, &goal, &links, &TaskSet::default(), &mut merge)?;
                let is_part = part == Outcome::Found;
                Some(if is_part {
                    Ruling::Incomplete { tasks: ids(&mut must.iter()) }
                } else {
                    self.uncovered(path, role, changes, files)?
                })
            }
            Outcome::NotFound => Some(self.uncovered(path, role, changes, files)?),
        })
    }

    /// Says which tasks of a path have no approval of what they last made of it. Where a search was given up and all have one,
    /// the number of combinations is the reason.
    fn uncovered(
        &mut self,
        path: &str,
        role: &str,
        changes: &[(usize, TreeEntry, TreeEntry)],
        files: &Files,
    ) -> Result<Ruling, H::Error> {
        let mut approved = BTreeSet::new();
        for (task, _, to) in changes {
            let changed = self.changes.changed_by(self.tasks[*task].id, self.landing.head)?;
            if changed.get(path).is_none_or(|change| change.to == *to) {
                approved.insert(*task);
            }
        }
        let tasks = files.tasks.get(path).into_iter().flatten();
        let without: Vec<usize> = tasks.filter(|task| !approved.contains(task)).copied().collect();
        let is_owned = self.landing.owned.is_some_and(|(owners, _)| owners == role);
        let is_off_route =
            !is_owned && !without.is_empty() && without.iter().all(|task| !self.is_on_route(*task, role));
        let unapproved = without.into_iter().map(|task| self.tasks[task].id.clone()).collect();
        Ok(Ruling::Uncovered { unapproved, is_off_route })
    }

    /// Returns the tasks whose approved change of a path must arrive whole: those that bring a move out of a stage
    /// which requires the role, unless the base had their change already.
    fn must_arrive(
        &self,
        role: &str,
        path: &str,
        changes: &[(usize, TreeEntry, TreeEntry)],
    ) -> Result<BTreeSet<usize>, H::Error> {
        let (mut must, mut arrived) = (BTreeSet::new(), BTreeSet::new());
        for (task, _, to) in changes {
            if self.tasks[*task].brings_leaving_of(role) {
                let set = if self.has_arrived(*task, path, to)? { &mut arrived } else { &mut must };
                set.insert(*task);
            }
        }
        Ok(must.difference(&arrived).copied().collect())
    }

    /// Returns whether the base has had a task's content of a path already.
    fn has_arrived(&self, task: usize, path: &str, to: &TreeEntry) -> Result<bool, H::Error> {
        let history = self.history();
        for commit in
            history.commits_of(self.tasks[task].id)?.iter().filter(|commit| self.landed.has(**commit))
        {
            if history.entry(*commit, path)? == *to {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the approved changes that may be links, by path: those with a quorum, of tasks that are open at the
    /// tip or bring a move, in the round that they are in, and not used up by the base.
    fn approved(&mut self, role: &str) -> Result<Approved, H::Error> {
        let mut approved = Approved::new();
        let quorum = self.landing.config.role(role).rules.quorum as usize;
        for task in 0..self.tasks.len() {
            let own = &self.tasks[task];
            if own.is_closed && own.new_moves().is_empty() {
                continue;
            }
            for change in self.overridden(task, role)? {
                let (path, from, to) = change;
                approved.entry(path).or_default().push((task, from, to));
            }
            if !self.votes.contains_key(&(task, role)) {
                continue;
            }
            for ((path, from, to), voters) in self.changes_approved(task, role)? {
                if voters.len() >= quorum {
                    approved.entry(path).or_default().push((task, from, to));
                }
            }
        }
        Ok(approved)
    }

    /// Returns what a task had changed when an override of the range led it past a stage that requires a role: the
    /// override means the approvals, and the rule on overrides speaks of it.
    fn overridden(&mut self, task: usize, role: &str) -> Result<BTreeSet<Approval>, H::Error> {
        let own = &self.tasks[task];
        let leavings = own.route.leavings(&own.history);
        let passes = |at: &usize| leavings[*at].clone().any(|place| own.requires(place, role));
        let is_of_range = |at: &usize| is_override(&own.history[*at]) && passes(at);
        let (route, id) = (own.route, own.id);
        let overrides: Vec<Move> =
            (own.known..own.history.len()).filter(is_of_range).map(|at| own.history[at].clone()).collect();
        let mut changes = BTreeSet::new();
        for step in overrides {
            let (at, _) = self.made(task, &step);
            let changed = self.changes.changed_by(id, at)?;
            for (path, change) in changed.iter().filter(|(path, _)| route.is_reviewed(role, path)) {
                let each = change.from.iter().map(|from| (path.clone(), from.clone(), change.to.clone()));
                changes.extend(each);
            }
        }
        Ok(changes)
    }

    fn changes_approved(
        &mut self,
        task: usize,
        role: &str,
    ) -> Result<BTreeMap<Approval, BTreeSet<PersonKey>>, H::Error> {
        let mut voters: BTreeMap<Approval, BTreeSet<PersonKey>> = BTreeMap::new();
        for stage in self.stages_asking(task, role) {
            let round = self.tasks[task].route.round(&self.tasks[task].history, &stage);
            let judged = self.role(task, role, Purpose { stage: &stage, round, at: None })?;
            let is_owners = self.landing.owned.is_some_and(|(owners, _)| owners == role);
            // No move waits for the owners, so their rejection must keep their approvals from counting here.
            if is_owners && judged.vetoes().next().is_some() {
                continue;
            }
            for vote in judged.approvals().map(|vote| self.vote(vote)) {
                for file in &vote.files {
                    if vote.was_on_base && self.has_arrived(task, &file.path, &file.to)? {
                        continue;
                    }
                    for from in &file.from {
                        let change = (file.path.clone(), from.clone(), file.to.clone());
                        voters.entry(change).or_default().insert(vote.voter.clone());
                    }
                }
            }
        }
        Ok(voters)
    }

    /// Returns the stages in which votes for a role count: those that require it; of the owners of the policy, each in
    /// which they voted.
    fn stages_asking(&self, task: usize, role: &str) -> Vec<Stage> {
        let mut stages: Vec<Stage> = self.tasks[task].route.stages_requiring(role).cloned().collect();
        if self.landing.owned.is_some_and(|(owners, _)| owners == role) {
            let cast = self.votes.get(&(task, role)).into_iter().flatten();
            stages.extend(cast.map(|vote| self.vote(*vote).stage.clone()));
            stages.sort();
            stages.dedup();
        }
        stages
    }
}
