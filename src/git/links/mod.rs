//! Which commits link which tasks and change which records, remembered: a second look reads only the commits that are new.
//!
//! What a message links is stated by the caller's own pure function. The result is kept in `tracker/links` of the
//! common dir, with who is whose parent, so that the answer is exact for any tip on any branch without opening a
//! commit twice. The file is disposable: torn, of another parser, or made before the history was deepened, it is
//! made again.

mod cache;

use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};
use std::fs;
use std::rc::Rc;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::FindExt;
use rayon::prelude::*;

use crate::events::LongStep;
use crate::git::links::cache::{LEFT_OUT, Remembered, as_number};
use crate::git::trees::Tree;
use crate::git::{CommitId, Error, Repository};

/// Where the answers are kept, below the common dir.
const CACHE: &str = "tracker/links";

/// With fewer new commits than this the file is not written anew: reading them again is cheaper.
const WORTH_WRITING: usize = 32;

/// How messages are read.
pub struct LinkParser<'a> {
    /// Another version reads messages otherwise: what was remembered under one does not count for another.
    pub version: &'a str,
    /// Returns the ids that a message links. It is called once a commit.
    pub ids_in: &'a dyn Fn(&str) -> Vec<String>,
    /// Folders of which it is remembered which commits changed what in them; one by another version too.
    pub folders: &'a [&'a str],
}

/// The commits that some tips reach, and what they link. A commit is known by its number, which is higher than those of
/// its parents.
#[derive(Debug)]
pub struct CommitGraph {
    remembered: Remembered,
    is_reachable: Vec<bool>,
    is_complete: bool,
}

impl CommitGraph {
    /// Whether all of the history that this clone has was looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    fn is_reachable(&self, number: u32) -> bool {
        self.is_reachable.get(number as usize).copied().unwrap_or(false)
    }

    /// Returns the commit of a number.
    #[must_use]
    pub fn id(&self, number: u32) -> Option<CommitId> {
        self.remembered.id(number).filter(|_| self.is_reachable(number))
    }

    /// Returns the number of a commit; none where no tip reaches it.
    #[must_use]
    pub fn number(&self, id: CommitId) -> Option<u32> {
        self.remembered.number(id.raw()).filter(|number| self.is_reachable(*number))
    }

    /// Returns the numbers that are higher than one, ascending.
    pub fn numbers_after(&self, number: u32) -> impl Iterator<Item = u32> {
        (number.saturating_add(1)..as_number(self.is_reachable.len()))
            .filter(|number| self.is_reachable(*number))
    }

    /// Returns the numbers of all commits' parents, of each the one that it was made on first; and where in this list those
    /// of each commit begin, and where those of the last end. One that no tip reaches has none.
    #[must_use]
    pub fn parents(&self) -> (Vec<u32>, Vec<u32>) {
        let count = self.remembered.len();
        let (mut parents, mut starts) = (Vec::with_capacity(count), Vec::with_capacity(count + 1));
        starts.push(0);
        for number in 0..self.is_reachable.len() {
            let own = self.remembered.parents_of(as_number(number));
            let own = own.iter().copied().filter(|parent| self.is_reachable[number] && *parent != LEFT_OUT);
            parents.extend(own);
            starts.push(as_number(parents.len()));
        }
        (parents, starts)
    }

    /// Returns what a commit links.
    #[must_use]
    pub fn links_of(&self, number: u32) -> Vec<&str> {
        self.remembered.names_of(number)
    }

    /// Returns the numbers of the commits that link something, ascending.
    #[must_use]
    pub fn linking(&self, id: &str) -> Vec<u32> {
        let mut numbers = self.remembered.linking(id);
        numbers.retain(|number| self.is_reachable(*number));
        numbers
    }

    /// Returns the numbers of the commits that changed something below `FOLDER/NAME`, of a folder that the parser names,
    /// ascending. Where a commit changed very many names, it is among those of every name.
    #[must_use]
    pub fn touching(&self, folder: &str, name: &str) -> Vec<u32> {
        let mut both = [self.linking(&mark(folder, name)), self.linking(&mark(folder, ""))].concat();
        both.sort_unstable();
        both.dedup();
        both
    }

    /// Returns the numbers of the commits that were committed at some time or later, given in seconds since 1970, and link
    /// anything; ascending.
    #[must_use]
    pub fn linking_since(&self, time: i64) -> Vec<u32> {
        let all = (0..as_number(self.is_reachable.len())).filter(|number| self.is_reachable(*number));
        all.filter(|number| self.remembered.time(*number) >= time)
            .filter(|number| !self.links_of(*number).is_empty())
            .collect()
    }

    /// Puts commits in order, given by ascending numbers: newest first, and none after its parent where their times are
    /// the same.
    #[must_use]
    pub fn newest_first(&self, mut numbers: Vec<u32>) -> Vec<u32> {
        numbers.reverse();
        numbers.sort_by_key(|number| std::cmp::Reverse(self.remembered.time(*number)));
        numbers
    }
}

/// What is remembered of a commit that changed a name in a folder, among what it links: no id begins with a slash.
fn mark(folder: &str, name: &str) -> String {
    format!("/{folder}/{name}")
}

impl Repository {
    /// Returns the commits reachable from some tips, and what they link.
    ///
    /// Of each tip at most `limit` commits that nobody has looked at before are read, the newest first; the history after
    /// them is left out for as long as no higher limit is requested.
    pub fn commit_graph(
        &self,
        tips: &[CommitId],
        parser: &LinkParser<'_>,
        limit: usize,
    ) -> Result<CommitGraph, Error> {
        let file = self.repo_paths().common_dir.join(CACHE);
        let stamp = self.stamp(parser);
        let mut remembered = Remembered::read(&file, stamp, limit, self.inner.object_hash());
        let mut added = 0;
        for tip in tips {
            added += self.scan(&mut remembered, *tip, parser, limit)?;
        }
        if added >= WORTH_WRITING || (added > 0 && !file.exists()) {
            remembered.write(&file, stamp, limit);
        }
        let (is_reachable, is_complete) = remembered.reached_from(tips);
        Ok(CommitGraph { remembered, is_reachable, is_complete })
    }

    /// What the answers hang on besides the commits.
    fn stamp(&self, parser: &LinkParser<'_>) -> u32 {
        let shallow = fs::read(self.repo_paths().common_dir.join("shallow")).unwrap_or_default();
        crc32fast::hash(&[parser.version.as_bytes(), b"\0", &*shallow].concat())
    }
}

/// A commit that has been read.
struct Read {
    time: i64,
    tree: ObjectId,
    parents: Vec<ObjectId>,
    ids: Vec<String>,
}

impl Repository {
    /// Adds the commits reachable from `tip` that are not remembered, and returns how many.
    fn scan(
        &self,
        remembered: &mut Remembered,
        tip: CommitId,
        parser: &LinkParser<'_>,
        limit: usize,
    ) -> Result<usize, Error> {
        let mut read: HashMap<ObjectId, Read> = HashMap::new();
        let (mut waiting, mut order) = (BinaryHeap::new(), Vec::new());
        let is_shallow = self.is_shallow();
        let (mut objects, mut buffer) = (self.inner.objects.clone(), Vec::new());
        objects.unset_object_cache();
        if remembered.number(tip.raw()).is_none() {
            waiting.push((i64::MAX, tip.raw()));
        }
        let step = self.events().begin(LongStep::ReadHistory, None);
        while let Some((_, id)) = waiting.pop() {
            if read.len() >= limit {
                break;
            }
            if read.contains_key(&id) {
                continue;
            }
            let commit = self.read_for_links(&objects, &mut buffer, id, parser, is_shallow)?;
            let new = commit.parents.iter().filter(|parent| remembered.number(**parent).is_none());
            waiting.extend(new.map(|parent| (commit.time, *parent)));
            read.insert(id, commit);
            step.advance(1);
            order.push(id);
        }
        self.mark_touched(&mut read, &order, parser.folders)?;
        Ok(add_parents_first(remembered, &mut read, tip.raw()))
    }

    /// `objects` keeps none of them: each commit is read once.
    fn read_for_links(
        &self,
        objects: &gix::OdbHandle,
        buffer: &mut Vec<u8>,
        id: ObjectId,
        parser: &LinkParser<'_>,
        is_shallow: bool,
    ) -> Result<Read, Error> {
        let cannot = |error: String| self.unreadable_because(CommitId::new(id), "read the commit", &error);
        let commit = objects.find_commit(&id, buffer).map_err(|error| cannot(error.to_string()))?;
        let time = commit.time().map_err(|error| cannot(error.to_string()))?.seconds;
        // A shallow clone ends where its parents are missing: that is an end, not an error.
        let is_here = |parent: &ObjectId| !is_shallow || self.inner.has_object(*parent);
        let parents = commit.parents().filter(is_here).collect();
        let ids = (parser.ids_in)(&commit.message.to_str_lossy());
        Ok(Read { time, tree: commit.tree(), parents, ids })
    }
}

/// A commit's parents are always remembered before it.
fn add_parents_first(
    remembered: &mut Remembered,
    read: &mut HashMap<ObjectId, Read>,
    tip: ObjectId,
) -> usize {
    let count = read.len();
    let mut path = vec![(tip, 0)];
    while let Some((id, next)) = path.pop() {
        let Some(commit) = read.get(&id) else { continue };
        if let Some(parent) = commit.parents.get(next) {
            path.push((id, next + 1));
            path.push((*parent, 0));
            continue;
        }
        if let Some(Read { time, parents, ids, .. }) = read.remove(&id) {
            let number = |parent: &ObjectId| remembered.number(*parent).unwrap_or(LEFT_OUT);
            let parents = parents.iter().map(number).collect();
            remembered.add(id, time, parents, ids);
        }
    }
    count
}

/// A commit that changed more names in a folder is remembered as one that changed the folder.
const MOST_NAMES: usize = 100;

/// From this many trees on, they are read on several threads. Neighbours are packed as differences of each other.
const WORTH_A_THREAD: usize = 512;

/// What is below the folder that all of the folders begin with, by that one's tree; most commits share most of them.
struct Folders<'a> {
    repository: &'a Repository,
    folders: &'a [&'a str],
    known: HashMap<ObjectId, Rc<[Option<ObjectId>]>>,
}

impl Repository {
    /// Adds to what the commits link what they changed in the folders, which all begin with the same one. A merge
    /// changed what it has otherwise than each of its parents.
    fn mark_touched(
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

    /// Returns what is under a name at the top, by the root's tree: of each commit in this order, and of the others.
    fn firsts(
        &self,
        order: &[ObjectId],
        roots: &HashMap<ObjectId, ObjectId>,
        name: &str,
    ) -> Result<HashMap<ObjectId, Option<ObjectId>>, Error> {
        let mut seen = HashSet::with_capacity(roots.len());
        let all = order.iter().filter_map(|commit| Some((*commit, *roots.get(commit)?)));
        let all = all.chain(roots.iter().map(|(commit, root)| (*commit, *root)));
        let to_read: Vec<_> = all.filter(|(_, root)| seen.insert(*root)).collect();
        let shared = self.shared();
        let own = || {
            let mut repository = shared.open();
            // Each tree is read once.
            repository.inner.objects.unset_object_cache();
            (repository, Vec::new())
        };
        let read_one = |(repository, buffer): &mut (Self, Vec<u8>), (commit, root): &(ObjectId, ObjectId)| {
            let unreadable = |error: String| {
                repository.unreadable_because(CommitId::new(*commit), "read the files", &error)
            };
            let entries = repository.inner.objects.find_tree_iter(root, buffer);
            let entries = entries.map_err(|error| unreadable(error.to_string()))?;
            let mut folders = entries.filter_map(Result::ok).filter(|entry| entry.mode.is_tree());
            Ok((*root, folders.find(|entry| entry.filename == name).map(|entry| entry.oid.to_owned())))
        };
        to_read.par_iter().with_min_len(WORTH_A_THREAD).map_init(own, read_one).collect()
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
        let commit = CommitId::new(commit);
        let now = self.tree(commit, now)?;
        let mut changed: Option<BTreeSet<String>> = None;
        for tree in before.iter().chain(before.is_empty().then_some(&None)) {
            let names = names_that_differ(&*self.tree(commit, *tree)?, &now);
            changed = Some(match changed {
                Some(others) => others.intersection(&names).cloned().collect(),
                None => names,
            });
        }
        Ok(changed.unwrap_or_default())
    }
}

/// Both trees are sorted alike: they are gone through side by side, and only what differs gets a name.
fn names_that_differ(before: &Tree, now: &Tree) -> BTreeSet<String> {
    let (mut before, mut now) = (before.entries().peekable(), now.entries().peekable());
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
