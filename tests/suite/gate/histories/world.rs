//! People at work: commits, votes, moves, merges, rebases and squashes, played in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::{DateTime, Duration, Utc};
use tracker::model::{
    Config, CoveredChange, Move, MoveKind, PolicyRules, RoleRules, SelfApproval, Stage, StageRules, TaskId,
    TreeEntry, Verdict,
};
use tracker::policy::history::{Changes, Commit, History};
use tracker::policy::landing::{HistoryStep, Landing, Objection, Removal, TaskSide, TaskSides, judge};
use tracker::policy::{CastVote, Route, Sides, WhyNot};

use super::repository::{Node, Reach, Repository, Tree, person};

/// A vote as its voter cast it.
#[derive(Debug, Clone)]
pub(super) struct WorldVote {
    pub(super) task: TaskId,
    pub(super) role: String,
    pub(super) by: String,
    pub(super) verdict: Verdict,
    pub(super) stage: Stage,
    pub(super) round: u32,
    pub(super) files: Vec<CoveredChange>,
    pub(super) replaces: Vec<String>,
    pub(super) is_signed: bool,
    pub(super) looked_at: Commit,
}

/// What a task's record says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    pub(super) stage: Stage,
    pub(super) history: Vec<Move>,
}

/// A repository, a branch of it that is checked out, and what lies in the working tree.
pub(super) struct World {
    pub(super) repository: Repository,
    pub(super) branches: BTreeMap<String, Commit>,
    pub(super) branch: String,
    pub(super) tree: Tree,
    /// What the records hold, by their blobs.
    pub(super) records: BTreeMap<String, Record>,
    pub(super) votes: BTreeMap<String, WorldVote>,
    moves: u32,
}

pub(super) const MAIN: &str = "main";
const PLAIN: u32 = 0o100_644;
const RUNS: u32 = 0o100_755;

/// Forty lines.
pub(super) fn lines() -> Vec<String> {
    (1..=40).map(|number| format!("line {number}")).collect()
}

pub(super) fn stage(name: &str) -> Stage {
    Stage::parse(name).unwrap()
}

pub(super) fn task(name: &str) -> TaskId {
    TaskId::parse(&format!("TASK-{name}")).unwrap()
}

/// Two roles look at the code, then a third at the documentation; nobody approves what they wrote.
pub(super) fn config() -> Config {
    let asks = |roles: &[&str]| StageRules {
        signoffs: roles.iter().map(|role| (*role).to_owned()).collect(),
        ..StageRules::default()
    };
    let doc = RoleRules { paths: vec!["docs/**".to_owned()], ..RoleRules::default() };
    let roles = [("qa", RoleRules::default()), ("sec", RoleRules::default()), ("doc", doc)];
    Config {
        pipeline: tracker::model::Pipeline { stages: ["dev", "review", "docs"].map(stage).to_vec() },
        stages: [("review", asks(&["qa", "sec"])), ("docs", asks(&["doc"]))]
            .map(|(name, rules)| (name.to_owned(), rules))
            .into(),
        roles: roles.map(|(name, rules)| (name.to_owned(), rules)).into(),
        policy: PolicyRules { self_approval: SelfApproval::Forbid, ..PolicyRules::default() },
        ..Config::default()
    }
}

pub(super) fn record_of(id: &TaskId) -> String {
    format!(".tracker/tasks/{id}.md")
}

impl World {
    /// A base with a few files, and tasks that are being worked on.
    pub(super) fn with(tasks: &[&str]) -> Self {
        let (repository, tree) = (Repository::default(), Tree::new());
        let (records, votes) = (BTreeMap::new(), BTreeMap::new());
        let (branches, branch) = (BTreeMap::new(), MAIN.to_owned());
        let mut world = Self { repository, branches, branch, tree, records, votes, moves: 0 };
        for path in ["f", "g", "docs/g"] {
            world.put(path, &(lines().join("\n") + "\n"));
        }
        for name in tasks {
            world.plan(name);
        }
        world.commit("Root", &[]);
        world
    }

    /// Writes down a task that work has begun on.
    pub(super) fn plan(&mut self, name: &str) {
        let started = self.step(Stage::none(), stage("dev"));
        self.write(&task(name), Record { stage: stage("dev"), history: vec![started] });
    }

    fn step(&mut self, from: Stage, to: Stage) -> Move {
        self.moves += 1;
        let at =
            "2026-11-11T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::minutes(self.moves.into());
        Move {
            at,
            by: "dev".to_owned(),
            agent: None,
            from,
            to,
            kind: MoveKind::Advance,
            why: None,
            signature: None,
        }
    }

    pub(super) fn write(&mut self, id: &TaskId, record: Record) {
        let step = |step: &Move| {
            let kind = if step.kind == MoveKind::Override { ", kind: override" } else { "" };
            let at = step.at.to_rfc3339();
            format!("  - {{at: {at}, by: {}, from: {}, to: {}{kind}}}\n", step.by, step.from, step.to)
        };
        let history: String = record.history.iter().map(step).collect();
        let text = format!(
            "---\nid: {id}\ntitle: Does {id}\ncreated: 2026-11-11\nstage: {}\nhistory:\n{history}---\n\n## Acceptance criteria\n\n- [ ] does {id}\n",
            record.stage
        );
        let blob = self.repository.store(text.as_bytes());
        self.tree.insert(record_of(id), TreeEntry::File { mode: PLAIN, blob: blob.clone() });
        self.records.insert(blob, record);
    }

    pub(super) fn record(&self, tree: &Tree, id: &TaskId) -> Option<&Record> {
        match tree.get(&record_of(id))? {
            TreeEntry::File { blob, .. } => self.records.get(blob),
            TreeEntry::Absent => None,
        }
    }

    pub(super) fn put(&mut self, path: &str, text: &str) {
        let mode = match self.tree.get(path) {
            Some(TreeEntry::File { mode, .. }) => *mode,
            _ => PLAIN,
        };
        let blob = self.repository.store(text.as_bytes());
        self.tree.insert(path.to_owned(), TreeEntry::File { mode, blob });
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.tree.remove(path);
    }

    pub(super) fn mode(&mut self, path: &str, runs: bool) {
        if let Some(TreeEntry::File { mode, .. }) = self.tree.get_mut(path) {
            *mode = if runs { RUNS } else { PLAIN };
        }
    }

    pub(super) fn get(&self, path: &str) -> String {
        self.text_in(&self.tree, path)
    }

    pub(super) fn text_in(&self, tree: &Tree, path: &str) -> String {
        match tree.get(path) {
            Some(TreeEntry::File { blob, .. }) => {
                String::from_utf8_lossy(&self.repository.read(blob)).into_owned()
            }
            _ => panic!("there is no {path}"),
        }
    }

    pub(super) fn head(&self) -> Commit {
        self.branches[&self.branch]
    }

    pub(super) fn tip_of(&self, branch: &str) -> &Tree {
        self.repository.tree(self.branches[branch])
    }

    pub(super) fn commit(&mut self, by: &str, tasks: &[&str]) -> Commit {
        let parents = self.branches.get(&self.branch).copied().into_iter().collect();
        self.commit_on(parents, by, &[], tasks)
    }

    pub(super) fn commit_on(
        &mut self,
        parents: Vec<Commit>,
        by: &str,
        with: &[&str],
        tasks: &[&str],
    ) -> Commit {
        let commit = self.repository.add(Node {
            parents,
            author: by.to_owned(),
            co_authors: with.iter().map(|name| (*name).to_owned()).collect(),
            tasks: tasks.iter().map(|name| task(name)).collect(),
            tree: Rc::new(self.tree.clone()),
        });
        self.branches.insert(self.branch.clone(), commit);
        commit
    }

    /// Replaces a line, without committing.
    pub(super) fn line(&mut self, path: &str, number: usize, text: &str) {
        let old = self.get(path);
        let mut lines: Vec<&str> = old.split('\n').collect();
        lines[number - 1] = text;
        self.put(path, &lines.join("\n"));
    }

    /// Replaces a line, in a commit for a task; `-` is none.
    pub(super) fn edit(&mut self, by: &str, name: &str, path: &str, number: usize, text: &str) -> Commit {
        self.line(path, number, text);
        if name == "-" { self.commit(by, &[]) } else { self.commit(by, &[name]) }
    }

    pub(super) fn advance(&mut self, name: &str, to: &str) {
        self.step_to(name, to, MoveKind::Advance);
        self.commit("Dev", &[]);
    }

    fn step_to(&mut self, name: &str, to: &str, kind: MoveKind) {
        let id = task(name);
        let mut record = self.record(&self.tree, &id).unwrap().clone();
        let to = if to == "done" { Stage::complete() } else { stage(to) };
        let step = self.step(record.stage.clone(), to.clone());
        let by = if kind == MoveKind::Override { "Lead" } else { "dev" }.to_owned();
        record.history.push(Move { kind, by, ..step });
        record.stage = to;
        self.write(&id, record);
    }

    /// Leads a task on, whatever is missing.
    pub(super) fn overrule(&mut self, name: &str, to: &str) {
        self.step_to(name, to, MoveKind::Override);
        self.commit("Lead", &[]);
    }

    /// Casts a vote on what is checked out; its file is committed by whom `commits` names.
    pub(super) fn cast(
        &mut self,
        name: &str,
        role: &str,
        by: &str,
        verdict: Verdict,
        is_signed: bool,
        commits: &str,
    ) {
        let (id, config, head) = (task(name), config(), self.head());
        let record = self.record(&self.tree, &id).unwrap().clone();
        let route = Route::of(&config, None);
        let reach = self.repository.reached_by(&[head, self.branches[MAIN]]);
        let Ok(bases) = reach.merge_bases(self.branches[MAIN], head);
        let mut changes = Changes::new(&reach, bases.first().copied());
        let Ok(changed) = changes.of_task(&id, head, &|path| route.is_reviewed(role, path));
        let files = changed.into_iter().map(|(path, change)| CoveredChange {
            path,
            from: change.from,
            to: change.to,
        });
        let folder = format!(".tracker/signoffs/{id}/");
        let old: Vec<&String> = self.tree.keys().filter(|path| path.starts_with(&folder)).collect();
        let is_own = |path: &&&String| self.votes[**path].by == by && self.votes[**path].role == role;
        let replaces = old.iter().filter(is_own).map(|path| path[folder.len()..].to_owned()).collect();
        let vote = WorldVote {
            task: id,
            role: role.to_owned(),
            by: by.to_owned(),
            verdict,
            round: route.round(&record.history, &record.stage),
            stage: record.stage,
            files: files.collect(),
            replaces,
            is_signed,
            looked_at: head,
        };
        let path = format!("{folder}{:02}-{}.yaml", old.len() + 1, self.votes.len() + 1);
        let blob = self.repository.store(format!("{vote:#?}\n").as_bytes());
        self.tree.insert(path.clone(), TreeEntry::File { mode: PLAIN, blob });
        self.votes.insert(path, vote);
        self.commit(commits, &[]);
    }

    pub(super) fn on(&mut self, branch: &str) {
        branch.clone_into(&mut self.branch);
        self.tree = self.tip_of(branch).clone();
    }

    pub(super) fn branch(&mut self, name: &str, from: &str) {
        self.branches.insert(name.to_owned(), self.branches[from]);
        self.on(name);
    }

    /// Merges what two sides have made of a tree: histories of tasks move by move, all else as git does. A path that
    /// conflicts keeps what our side has, and is returned.
    pub(super) fn merge_trees(&mut self, base: &Tree, ours: &Tree, theirs: &Tree) -> (Tree, Vec<String>) {
        let (mut merged, mut conflicts) = (Tree::new(), Vec::new());
        let paths: BTreeSet<&String> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
        for path in paths {
            let at = |tree: &Tree| tree.get(path).cloned().unwrap_or(TreeEntry::Absent);
            let reach = self.repository.reached_by(&[]);
            let Ok(mut entry) = Changes::new(&reach, None).merge(&at(base), &at(ours), &at(theirs));
            let is_task = path.starts_with(".tracker/tasks/");
            let is_known = |entry: &TreeEntry| matches!(entry, TreeEntry::File { blob, .. } if self.records.contains_key(blob));
            if is_task && entry.as_ref().is_none_or(|entry| *entry != TreeEntry::Absent && !is_known(entry)) {
                let record = |tree| self.record(tree, &TaskId::parse(&path[15..path.len() - 3]).unwrap());
                let joined = join(record(base), record(ours), record(theirs));
                let id = TaskId::parse(&path[15..path.len() - 3]).unwrap();
                let kept = std::mem::take(&mut self.tree);
                self.write(&id, joined);
                entry = std::mem::replace(&mut self.tree, kept).remove(path);
            }
            match entry {
                None => {
                    conflicts.push(path.clone());
                    if let Some(entry) = ours.get(path) {
                        merged.insert(path.clone(), entry.clone());
                    }
                }
                Some(TreeEntry::Absent) => {}
                Some(entry) => drop(merged.insert(path.clone(), entry)),
            }
        }
        (merged, conflicts)
    }

    fn base_with(&self, other: Commit) -> Tree {
        let reach = self.repository.reached_by(&[self.head(), other]);
        let Ok(bases) = reach.merge_bases(self.head(), other);
        bases.first().map(|base| self.repository.tree(*base).clone()).unwrap_or_default()
    }

    /// Merges a branch; `fix` may change the result before it is committed.
    pub(super) fn merge(&mut self, other: &str, tasks: &[&str], fix: impl FnOnce(&mut Self)) -> Commit {
        let theirs = self.branches[other];
        let base = self.base_with(theirs);
        if self.repository.reached_by(&[self.head()]).reached.contains(&theirs) {
            return self.commit("Dev", tasks);
        }
        let (ours, their_tree) = (self.tree.clone(), self.tip_of(other).clone());
        self.tree = self.merge_trees(&base, &ours, &their_tree).0;
        fix(self);
        let by = if self.branch == MAIN { "Root" } else { "Dev" };
        self.commit_on(vec![self.head(), theirs], by, &[], tasks)
    }

    /// Squashes a branch onto what is checked out.
    pub(super) fn squash(&mut self, other: &str, tasks: &[&str], fix: impl FnOnce(&mut Self)) -> Commit {
        let base = self.base_with(self.branches[other]);
        let (ours, theirs) = (self.tree.clone(), self.tip_of(other).clone());
        self.tree = self.merge_trees(&base, &ours, &theirs).0;
        fix(self);
        self.commit("Dev", tasks)
    }

    /// Rebases what is checked out onto another branch; of what conflicts, `fix` may resolve each commit.
    pub(super) fn rebase(&mut self, onto: &str) {
        let reach = self.repository.reached_by(&[self.head(), self.branches[onto]]);
        let without = reach.ancestors(self.branches[onto]);
        let own: Vec<Commit> =
            reach.ancestors(self.head()).into_iter().filter(|own| !without.contains(own)).collect();
        let mut at = self.branches[onto];
        for commit in own {
            let node = self.repository.node(commit).clone();
            if node.parents.len() != 1 {
                continue;
            }
            let (base, ours) =
                (self.repository.tree(node.parents[0]).clone(), self.repository.tree(at).clone());
            let (merged, conflicts) = self.merge_trees(&base, &ours, &node.tree);
            self.tree = merged;
            for path in conflicts {
                match node.tree.get(&path) {
                    Some(entry) => drop(self.tree.insert(path, entry.clone())),
                    None => drop(self.tree.remove(&path)),
                }
            }
            at = self.repository.add(Node { parents: vec![at], tree: Rc::new(self.tree.clone()), ..node });
        }
        self.branches.insert(self.branch.clone(), at);
    }

    /// Undoes a commit against its first parent in the working tree, without committing.
    pub(super) fn undo(&mut self, commit: Commit) -> Vec<String> {
        let before = self.repository.tree(self.repository.node(commit).parents[0]).clone();
        let made = self.repository.tree(commit).clone();
        let ours = self.tree.clone();
        let (tree, conflicts) = self.merge_trees(&made, &ours, &before);
        self.tree = tree;
        conflicts
    }
}

/// Joins two sides of a record: the moves of both, and the stage that the last leads to.
fn join(base: Option<&Record>, ours: Option<&Record>, theirs: Option<&Record>) -> Record {
    let moves = |record: Option<&Record>| record.map(|record| record.history.clone()).unwrap_or_default();
    let (base, ours, theirs) = (moves(base), moves(ours), moves(theirs));
    let is_kept = |step: &&Move| !base.contains(step) || theirs.contains(step);
    let mut history: Vec<Move> = ours.iter().filter(is_kept).cloned().collect();
    history.extend(theirs.iter().filter(|step| !ours.contains(step) && !base.contains(step)).cloned());
    let stage = history.last().map_or_else(Stage::none, |step| step.to.clone());
    Record { stage, history }
}

/// What is judged: all that is known of the records between two commits.
pub(super) struct Facts {
    pub(super) config: Config,
    pub(super) tasks: Vec<TaskSides>,
    pub(super) votes: Vec<CastVote>,
    pub(super) steps: Vec<HistoryStep>,
    pub(super) removals: Vec<Removal>,
}

impl World {
    /// Judges the branch that is checked out against another.
    pub(super) fn judge(&self, base: &str) -> Vec<Objection> {
        let (tip, head) = (self.branches[base], self.head());
        let reach = self.repository.reached_by(&[tip, head]);
        let facts = self.facts(&reach, tip, head);
        let landing = Landing {
            config: &facts.config,
            tip,
            head,
            tasks: &facts.tasks,
            votes: &facts.votes,
            steps: &facts.steps,
            removals: &facts.removals,
            owned: None,
        };
        let Ok(judgement) = judge(&reach, &landing, &mut |_| Ok(Vec::new()));
        judgement.objections
    }

    pub(super) fn facts(&self, reach: &Reach<'_>, tip: Commit, head: Commit) -> Facts {
        let Ok(bases) = reach.merge_bases(tip, head);
        let nothing = Tree::new();
        let tree = |commit| self.repository.tree(commit);
        let (at_tip, at_head) = (tree(tip), tree(head));
        let at_base = bases.first().map_or(&nothing, |base| tree(*base));
        let known = reach.ancestors(tip);
        let range: Vec<Commit> =
            reach.reached.iter().filter(|commit| !known.contains(commit)).copied().collect();
        let mut facts =
            Facts { config: config(), tasks: vec![], votes: vec![], steps: vec![], removals: vec![] };
        for id in self.task_ids() {
            let side = |tree: &Tree| {
                let record = self.record(tree, &id)?;
                let (history, stage) = (record.history.clone(), record.stage.clone());
                Some(TaskSide { history, stage, criteria: format!("does {id}"), is_cancelled: false })
            };
            let sides = Sides { tip: side(at_tip), head: side(at_head), base: side(at_base) };
            if sides.tip.is_some() || sides.head.is_some() {
                facts.tasks.push(TaskSides { id: id.clone(), path: record_of(&id), kind: None, sides });
            }
        }
        for (path, vote) in &self.votes {
            if at_tip.contains_key(path) || at_head.contains_key(path) {
                facts.votes.push(self.cast_vote(path, vote, reach, tip, [at_tip, at_head, at_base]));
            }
        }
        for commit in range {
            self.steps_of(commit, &mut facts);
        }
        facts
    }

    pub(super) fn task_ids(&self) -> BTreeSet<TaskId> {
        let records = self.repository.commits.iter().flat_map(|node| node.tree.keys());
        let names = records.filter_map(|path| path.strip_prefix(".tracker/tasks/")?.strip_suffix(".md"));
        names.map(|name| TaskId::parse(name).unwrap()).collect()
    }

    fn cast_vote(
        &self,
        path: &str,
        vote: &WorldVote,
        reach: &Reach<'_>,
        tip: Commit,
        sides: [&Tree; 3],
    ) -> CastVote {
        let has = |commit: &Commit| self.repository.tree(*commit).contains_key(path);
        let adds = |commit: &&Commit| has(commit) && !self.repository.node(**commit).parents.iter().any(has);
        let added = *reach.reached.iter().find(adds).unwrap();
        let [at_tip, at_head, at_base] = sides.map(|tree| tree.contains_key(path));
        CastVote {
            path: path.to_owned(),
            name: path.rsplit('/').next().unwrap().to_owned(),
            task: vote.task.clone(),
            role: vote.role.clone(),
            verdict: vote.verdict.clone(),
            voter: person(&vote.by),
            agent: None,
            stage: vote.stage.clone(),
            round: vote.round,
            criteria: format!("does {}", vote.task),
            files: vote.files.clone(),
            replaces: vote.replaces.clone(),
            added,
            looked_at: reach.reached.contains(&vote.looked_at).then_some(vote.looked_at),
            flaw: self.flaw(vote, added),
            was_on_base: reach.ancestors(tip).iter().any(has),
            sides: Sides { tip: at_tip, head: at_head, base: at_base },
            is_rewritten: at_tip && at_head && sides[0].get(path) != sides[1].get(path),
        }
    }

    /// A rejection counts whoever brought it; an approval that is not signed, only from its author.
    fn flaw(&self, vote: &WorldVote, added: Commit) -> Option<WhyNot> {
        let is_trusted = vote.is_signed
            || vote.verdict == Verdict::Rejected
            || self.repository.node(added).author == vote.by;
        (!is_trusted).then_some(WhyNot::Unattributed)
    }

    /// Adds what a commit of the range did to histories and votes.
    fn steps_of(&self, commit: Commit, facts: &mut Facts) {
        let node = self.repository.node(commit);
        let nothing = Tree::new();
        let before = node.parents.first().map_or(&nothing, |parent| self.repository.tree(*parent));
        let mut removal = Removal { commit, votes: vec![], moves: vec![], tasks: vec![] };
        for id in self.task_ids() {
            let moves =
                |tree| self.record(tree, &id).map(|record| record.history.clone()).unwrap_or_default();
            let (old, new) = (moves(before), moves(&node.tree));
            let gone = old.iter().filter(|step| !new.contains(step));
            removal.moves.extend(gone.map(|step| (record_of(&id), step.clone())));
            if old != new {
                facts.steps.push(HistoryStep { commit, task: id, after: new.into() });
            }
        }
        let gone =
            before.keys().filter(|path| self.votes.contains_key(*path) && !node.tree.contains_key(*path));
        removal.votes.extend(gone.cloned());
        if node.parents.len() == 1 && !(removal.votes.is_empty() && removal.moves.is_empty()) {
            facts.removals.push(removal);
        }
    }
}
