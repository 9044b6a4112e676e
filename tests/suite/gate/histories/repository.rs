//! A repository in memory: commits with whole trees, and a [`History`] over what some of them reach.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::rc::Rc;

use tracker::git::merge_texts;
use tracker::model::is_daily_record;
use tracker::model::{Person, TaskId, TreeEntry};
use tracker::policy::history::{Changes, Commit, History, PersonKey, maximal};

/// All files of a commit, by path.
pub(super) type Tree = BTreeMap<String, TreeEntry>;

/// One commit.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) parents: Vec<Commit>,
    pub(super) author: String,
    pub(super) co_authors: Vec<String>,
    pub(super) tasks: Rc<[TaskId]>,
    pub(super) tree: Rc<Tree>,
}

/// Commits and contents. A commit's number is its place: parents come first.
#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) commits: Vec<Node>,
    blobs: RefCell<HashMap<String, Rc<[u8]>>>,
}

pub(super) fn person(name: &str) -> PersonKey {
    PersonKey::of(&Person { name: name.to_owned(), email: format!("{}@example.com", name.to_lowercase()) })
}

impl Repository {
    /// Keeps a content, and returns the id that git gives it.
    pub(super) fn store(&self, content: &[u8]) -> String {
        let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, content);
        let id = id.unwrap().to_string();
        self.blobs.borrow_mut().entry(id.clone()).or_insert_with(|| content.into());
        id
    }

    pub(super) fn read(&self, blob: &str) -> Rc<[u8]> {
        Rc::clone(&self.blobs.borrow()[blob])
    }

    pub(super) fn node(&self, commit: Commit) -> &Node {
        &self.commits[commit.0 as usize]
    }

    pub(super) fn tree(&self, commit: Commit) -> &Tree {
        &self.node(commit).tree
    }

    pub(super) fn add(&mut self, node: Node) -> Commit {
        self.commits.push(node);
        Commit(u32::try_from(self.commits.len() - 1).unwrap())
    }

    /// Returns the history that some commits reach.
    pub(super) fn reached_by(&self, tips: &[Commit]) -> Reach<'_> {
        let mut reached = BTreeSet::new();
        let mut waiting = tips.to_vec();
        while let Some(commit) = waiting.pop() {
            if reached.insert(commit) {
                waiting.extend(&self.node(commit).parents);
            }
        }
        Reach { repository: self, reached, changed: RefCell::default(), bases: RefCell::default() }
    }
}

/// Two commits that are asked what they have in common.
type Pair = (Commit, Commit);

/// A repository as far as some commits reach.
pub(super) struct Reach<'r> {
    pub(super) repository: &'r Repository,
    /// The commits, ascending.
    pub(super) reached: BTreeSet<Commit>,
    changed: RefCell<HashMap<Commit, Rc<[String]>>>,
    bases: RefCell<HashMap<Pair, Rc<[Commit]>>>,
}

impl Reach<'_> {
    pub(super) fn ancestors(&self, commit: Commit) -> BTreeSet<Commit> {
        self.repository.reached_by(&[commit]).reached
    }

    fn paths_differing(&self, old: Option<Commit>, new: Commit) -> Vec<String> {
        let nothing = Tree::new();
        let old = old.map_or(&nothing, |old| self.repository.tree(old));
        let new = self.repository.tree(new);
        let differ = old.keys().chain(new.keys()).filter(|path| old.get(*path) != new.get(*path));
        let paths: BTreeSet<&String> = differ.collect();
        paths.into_iter().cloned().collect()
    }
}

impl History for Reach<'_> {
    type Error = Infallible;

    fn parents(&self, commit: Commit) -> &[Commit] {
        &self.repository.node(commit).parents
    }

    fn commits_of(&self, task: &TaskId) -> Result<Rc<[Commit]>, Infallible> {
        let names = |commit: &&Commit| self.repository.node(**commit).tasks.contains(task);
        Ok(self.reached.iter().filter(names).copied().collect())
    }

    fn tasks_of(&self, commit: Commit) -> Result<Rc<[TaskId]>, Infallible> {
        Ok(Rc::clone(&self.repository.node(commit).tasks))
    }

    fn authors_of(&self, commit: Commit) -> Result<Rc<[PersonKey]>, Infallible> {
        let node = self.repository.node(commit);
        Ok(node.co_authors.iter().chain([&node.author]).map(|name| person(name)).collect())
    }

    fn merge_bases(&self, one: Commit, other: Commit) -> Result<Rc<[Commit]>, Infallible> {
        if let Some(known) = self.bases.borrow().get(&(one, other)) {
            return Ok(Rc::clone(known));
        }
        let (ours, theirs) = (self.ancestors(one), self.ancestors(other));
        let common: Vec<Commit> = ours.intersection(&theirs).copied().collect();
        let found: Rc<[Commit]> = maximal(self, &common).into();
        self.bases.borrow_mut().insert((one, other), Rc::clone(&found));
        Ok(found)
    }

    fn changed(&self, commit: Commit) -> Result<Rc<[String]>, Infallible> {
        if let Some(known) = self.changed.borrow().get(&commit) {
            return Ok(Rc::clone(known));
        }
        let parents = self.parents(commit);
        let against: Vec<Vec<String>> = match parents {
            [] => vec![self.paths_differing(None, commit)],
            parents => parents.iter().map(|parent| self.paths_differing(Some(*parent), commit)).collect(),
        };
        let mut paths: BTreeSet<String> = against.iter().flatten().cloned().collect();
        match *parents {
            [one, other] => {
                let mut changes = Changes::new(self, None);
                paths.retain(|path| {
                    let Ok(merged) = changes.merged(one, other, path);
                    merged.as_ref() != Some(&self.entry(commit, path).unwrap())
                });
            }
            _ => paths.retain(|path| against.iter().all(|differing| differing.contains(path))),
        }
        let found: Rc<[String]> = paths.into_iter().filter(|path| !is_daily_record(path)).collect();
        self.changed.borrow_mut().insert(commit, Rc::clone(&found));
        Ok(found)
    }

    fn differences(&self, old: Option<Commit>, new: Commit) -> Result<Rc<[String]>, Infallible> {
        Ok(self.paths_differing(old, new).into())
    }

    fn entry(&self, commit: Commit, path: &str) -> Result<TreeEntry, Infallible> {
        Ok(self.repository.tree(commit).get(path).cloned().unwrap_or(TreeEntry::Absent))
    }

    fn merge_blobs(&self, base: &str, one: &str, other: &str) -> Result<Option<String>, Infallible> {
        let read = |blob: &str| self.repository.read(blob);
        let merged = merge_texts(&read(base), &read(one), &read(other));
        Ok(merged.map(|merged| self.repository.store(&merged)))
    }

    fn commits_touching(&self, record: &str) -> Result<Rc<[Commit]>, Infallible> {
        let touches = |commit: &&Commit| {
            let entry = |commit: Commit| self.repository.tree(commit).get(record);
            let parents = &self.repository.node(**commit).parents;
            let differs = |parent: &Commit| entry(*parent) != entry(**commit);
            parents.is_empty() && entry(**commit).is_some() || parents.iter().any(differs)
        };
        Ok(self.reached.iter().filter(touches).copied().collect())
    }
}
