//! Which commits changed what in a few folders: told by the trees alone, each folder's tree read when it changed.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use gix::ObjectId;
use gix::objs::{FindExt, TreeRefIter};
use rayon::prelude::*;

use super::mark;
use super::walk::Read;
use crate::git::{CommitId, Error, Repository};

/// A commit that changed more names in a folder is remembered as one that changed the folder.
const MOST_NAMES: usize = 100;

/// From so many trees on, they are read on several threads. Neighbours are packed as differences of each other.
const WORTH_A_THREAD: usize = 512;

/// What stands below the folder that all of the folders begin with, by that one's tree; most commits share most of them.
struct Folders<'a> {
    repository: &'a Repository,
    folders: &'a [&'a str],
    known: HashMap<ObjectId, Rc<[Option<ObjectId>]>>,
}

impl Repository {
    /// Adds to what the commits link what they changed in the folders, which all begin with the same one. A merge
    /// changed what it has otherwise than each of its parents.
    pub(super) fn mark_touched(
        &self,
        read: &mut HashMap<ObjectId, Read>,
        order: &[ObjectId],
        folders: &[&str],
    ) -> Result<(), Error> {
        let Some(first) = folders.first().and_then(|folder| folder.split('/').next()) else { return Ok(()) };
        let mut roots = HashMap::with_capacity(order.len());
        for id in order {
            let Some(commit) = read.get(id) else { continue };
            roots.insert(*id, commit.tree);
            for parent in commit.parents.iter().filter(|parent| !read.contains_key(*parent)) {
                roots.insert(*parent, self.root_tree_id(CommitId::new(*parent))?);
            }
        }
        let firsts = self.firsts(order, &roots, first)?;
        let first_of = |commit: &ObjectId| firsts.get(&roots[commit]).copied().flatten();
        let mut trees = Folders { repository: self, folders, known: HashMap::new() };
        for id in order {
            let Some(commit) = read.get(id) else { continue };
            let own = first_of(id);
            if commit.parents.iter().any(|parent| first_of(parent) == own) {
                continue;
            }
            let marks = self.marks(*id, own, commit.parents.iter().map(first_of).collect(), &mut trees)?;
            if let Some(commit) = read.get_mut(id).filter(|_| !marks.is_empty()) {
                commit.ids.extend(marks);
            }
        }
        Ok(())
    }

    /// Returns what stands under a name at the top, by the root's tree: of each commit in this order, and of the others.
    fn firsts(
        &self,
        order: &[ObjectId],
        roots: &HashMap<ObjectId, ObjectId>,
        name: &str,
    ) -> Result<HashMap<ObjectId, Option<ObjectId>>, Error> {
        let mut seen = HashSet::with_capacity(roots.len());
        let all = order.iter().filter_map(|commit| Some((*commit, *roots.get(commit)?)));
        let all = all.chain(roots.iter().map(|(commit, root)| (*commit, *root)));
        let wanted: Vec<_> = all.filter(|(_, root)| seen.insert(*root)).collect();
        let shared = self.shared();
        let own = || {
            let mut repository = shared.open();
            // Each tree is read once.
            repository.inner.objects.unset_object_cache();
            (repository, Vec::new())
        };
        let look = |(repository, buffer): &mut (Self, Vec<u8>), (commit, root): &(ObjectId, ObjectId)| {
            let unreadable = |error: String| {
                repository.unreadable_because(CommitId::new(*commit), "read the files", &error)
            };
            let entries = repository.inner.objects.find_tree_iter(root, buffer);
            let entries = entries.map_err(|error| unreadable(error.to_string()))?;
            let mut folders = entries.filter_map(Result::ok).filter(|entry| entry.mode.is_tree());
            Ok((*root, folders.find(|entry| entry.filename == name).map(|entry| entry.oid.to_owned())))
        };
        wanted.par_iter().with_min_len(WORTH_A_THREAD).map_init(own, look).collect()
    }

    /// Returns what a commit changed below its own first folder against that of each parent.
    fn marks(
        &self,
        id: ObjectId,
        own: Option<ObjectId>,
        before: Vec<Option<ObjectId>>,
        trees: &mut Folders<'_>,
    ) -> Result<Vec<String>, Error> {
        let own = trees.below(id, own)?;
        let before: Vec<_> =
            before.into_iter().map(|first| trees.below(id, first)).collect::<Result<_, _>>()?;
        let mut marks = Vec::new();
        for (at, folder) in trees.folders.iter().enumerate() {
            let before: Vec<_> = before.iter().map(|trees| trees[at]).collect();
            if before.contains(&own[at]) || (before.is_empty() && own[at].is_none()) {
                continue;
            }
            let names = self.names_changed(id, own[at], &before)?;
            match names.len() {
                0..=MOST_NAMES => marks.extend(names.iter().map(|name| mark(folder, name))),
                _ => marks.push(mark(folder, "")),
            }
        }
        Ok(marks)
    }

    fn names_changed(
        &self,
        commit: ObjectId,
        now: Option<ObjectId>,
        before: &[Option<ObjectId>],
    ) -> Result<BTreeSet<String>, Error> {
        let now = self.tree_bytes(commit, now)?;
        let mut changed: Option<BTreeSet<String>> = None;
        for tree in before.iter().chain(before.is_empty().then_some(&None)) {
            let before = self.tree_bytes(commit, *tree)?;
            let names = self.names_that_differ(&before, &now);
            changed = Some(match changed {
                Some(others) => others.intersection(&names).cloned().collect(),
                None => names,
            });
        }
        Ok(changed.unwrap_or_default())
    }

    fn tree_bytes(&self, commit: ObjectId, tree: Option<ObjectId>) -> Result<Vec<u8>, Error> {
        let Some(tree) = tree else { return Ok(Vec::new()) };
        let cannot = |error: gix::Error| self.unreadable(CommitId::new(commit), "read the files", &error);
        Ok(std::mem::take(&mut self.inner.find_tree(tree).map_err(cannot)?.data))
    }

    /// Both trees are sorted alike: they are gone through side by side, and only what differs gets a name.
    fn names_that_differ(&self, before: &[u8], now: &[u8]) -> BTreeSet<String> {
        let kind = self.inner.object_hash();
        let entries = |bytes| TreeRefIter::from_bytes(bytes, kind).filter_map(Result::ok).peekable();
        let (mut before, mut now) = (entries(before), entries(now));
        let mut names = BTreeSet::new();
        loop {
            let order = match (before.peek(), now.peek()) {
                (None, None) => return names,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => one.cmp(other),
            };
            let (one, other) = match order {
                Ordering::Less => (before.next(), None),
                Ordering::Greater => (None, now.next()),
                Ordering::Equal => (before.next(), now.next()),
            };
            if one.map(|entry| entry.oid) != other.map(|entry| entry.oid) {
                names.extend(one.or(other).map(|entry| entry.filename.to_string()));
            }
        }
    }
}

impl Folders<'_> {
    /// Returns the trees of the folders, given that of the folder they begin with.
    fn below(&mut self, commit: ObjectId, first: Option<ObjectId>) -> Result<Rc<[Option<ObjectId>]>, Error> {
        let Some(first) = first else { return Ok(vec![None; self.folders.len()].into()) };
        if let Some(known) = self.known.get(&first) {
            return Ok(Rc::clone(known));
        }
        let cannot =
            |error: gix::Error| self.repository.unreadable(CommitId::new(commit), "read the files", &error);
        let tree = self.repository.inner.find_tree(first).map_err(cannot)?;
        let mut found = Vec::with_capacity(self.folders.len());
        for folder in self.folders {
            let Some((_, rest)) = folder.split_once('/') else {
                found.push(Some(first));
                continue;
            };
            let at = tree.lookup_entry_by_path(rest).map_err(cannot)?;
            found.push(at.filter(|at| at.mode().is_tree()).map(|at| at.object_id()));
        }
        let found: Rc<[_]> = found.into();
        self.known.insert(first, Rc::clone(&found));
        Ok(found)
    }
}
