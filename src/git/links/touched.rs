//! Which commits changed what in a few folders: told by the trees alone, each folder's tree read when it changed.

use std::collections::{BTreeSet, HashMap};

use gix::ObjectId;
use gix::objs::FindExt;

use super::mark;
use super::walk::Read;
use crate::git::{CommitId, Error, Repository};

/// A commit that changed more names in a folder is remembered as one that changed the folder.
const MOST_NAMES: usize = 100;

/// The trees of the folders, by the root's tree; most commits share most of them.
struct Folders<'a> {
    /// Without the cache of whole objects: each root is read once.
    objects: gix::OdbHandle,
    buffer: Vec<u8>,
    repository: &'a Repository,
    folders: &'a [&'a str],
    known: HashMap<ObjectId, Vec<Option<ObjectId>>>,
    /// By the tree of the folder that they all begin with.
    by_first: HashMap<ObjectId, Vec<Option<ObjectId>>>,
}

impl Repository {
    /// Adds to what the commits link what they changed in the folders. A merge changed what it has otherwise than
    /// each of its parents.
    pub(super) fn mark_touched(
        &self,
        read: &mut HashMap<ObjectId, Read>,
        order: &[ObjectId],
        folders: &[&str],
    ) -> Result<(), Error> {
        if folders.is_empty() {
            return Ok(());
        }
        let mut objects = self.inner.objects.clone();
        objects.unset_object_cache();
        let mut trees = Folders {
            objects,
            buffer: Vec::new(),
            repository: self,
            folders,
            known: HashMap::new(),
            by_first: HashMap::new(),
        };
        for id in order {
            let Some(commit) = read.get(id) else { continue };
            let own = trees.of(*id, commit.tree)?;
            let mut before = Vec::with_capacity(commit.parents.len());
            for parent in &commit.parents {
                let tree = match read.get(parent) {
                    Some(parent) => parent.tree,
                    None => self.root_tree_id(CommitId::new(*parent))?,
                };
                before.push(trees.of(*parent, tree)?);
            }
            let mut marks = Vec::new();
            for (at, folder) in folders.iter().enumerate() {
                let before: Vec<_> = before.iter().map(|trees| trees[at]).collect();
                if before.contains(&own[at]) || (before.is_empty() && own[at].is_none()) {
                    continue;
                }
                let names = self.names_changed(*id, own[at], &before)?;
                match names.len() {
                    0..=MOST_NAMES => marks.extend(names.iter().map(|name| mark(folder, name))),
                    _ => marks.push(mark(folder, "")),
                }
            }
            if let Some(commit) = read.get_mut(id).filter(|_| !marks.is_empty()) {
                commit.ids.extend(marks);
            }
        }
        Ok(())
    }

    fn names_changed(
        &self,
        commit: ObjectId,
        now: Option<ObjectId>,
        before: &[Option<ObjectId>],
    ) -> Result<BTreeSet<String>, Error> {
        let now = self.names_in(commit, now)?;
        let mut changed: Option<BTreeSet<String>> = None;
        for tree in before.iter().chain(before.is_empty().then_some(&None)) {
            let before = self.names_in(commit, *tree)?;
            let names = now.keys().chain(before.keys()).filter(|name| now.get(*name) != before.get(*name));
            let names: BTreeSet<String> = names.cloned().collect();
            changed = Some(match changed {
                Some(others) => others.intersection(&names).cloned().collect(),
                None => names,
            });
        }
        Ok(changed.unwrap_or_default())
    }

    fn names_in(&self, commit: ObjectId, tree: Option<ObjectId>) -> Result<HashMap<String, ObjectId>, Error> {
        let Some(tree) = tree else { return Ok(HashMap::new()) };
        let cannot = |error: gix::Error| self.unreadable(CommitId::new(commit), "read the files", &error);
        let tree = self.inner.find_tree(tree).map_err(cannot)?;
        let entries = tree.iter().filter_map(Result::ok);
        Ok(entries.map(|entry| (entry.filename().to_string(), entry.object_id())).collect())
    }
}

impl Folders<'_> {
    fn of(&mut self, commit: ObjectId, root: ObjectId) -> Result<Vec<Option<ObjectId>>, Error> {
        if let Some(known) = self.known.get(&root) {
            return Ok(known.clone());
        }
        let first = self.folders[0].split('/').next().unwrap_or_default();
        let repository = self.repository;
        let unreadable =
            |error: String| repository.unreadable_because(CommitId::new(commit), "read the files", &error);
        let tree = self.objects.find_tree_iter(&root, &mut self.buffer);
        let tree = tree.map_err(|error| unreadable(error.to_string()))?;
        let mut found = tree.filter_map(Result::ok).filter(|entry| entry.mode.is_tree());
        let Some(entry) = found.find(|entry| entry.filename == first).map(|entry| entry.oid.to_owned())
        else {
            let nothing = vec![None; self.folders.len()];
            self.known.insert(root, nothing.clone());
            return Ok(nothing);
        };
        if let Some(known) = self.by_first.get(&entry) {
            self.known.insert(root, known.clone());
            return Ok(known.clone());
        }
        let cannot =
            |error: gix::Error| repository.unreadable(CommitId::new(commit), "read the files", &error);
        let tree = repository.inner.find_tree(root).map_err(cannot)?;
        let mut found = Vec::with_capacity(self.folders.len());
        for folder in self.folders {
            let at = tree.lookup_entry_by_path(folder).map_err(cannot)?;
            found.push(at.filter(|at| at.mode().is_tree()).map(|at| at.object_id()));
        }
        self.by_first.insert(entry, found.clone());
        self.known.insert(root, found.clone());
        Ok(found)
    }
}
