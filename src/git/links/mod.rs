//! Which commits link which tasks and change which records, remembered: a second look reads only the commits that are new.
//!
//! What a message links is stated by the caller's own pure function. The result is kept in `tracker/links` of the
//! common dir, with who is whose parent, so that the answer is exact for any tip on any branch without opening a
//! commit twice. The file is disposable: torn, of another parser, or made before the history was deepened, it is
//! made again.

mod cache;

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};
use std::fs;
use std::hash::BuildHasher;
use std::rc::Rc;

use chrono::{DateTime, Utc};
use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::FindExt;
use rayon::prelude::*;

use crate::events::LongStep;
use crate::git::links::cache::{Parent, Remembered};
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

/// A commit that links something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedCommit {
    /// The commit.
    pub id: CommitId,
    /// When it was committed.
    pub time: DateTime<Utc>,
    /// What it links.
    pub ids: Vec<String>,
}

/// The commits of a history that link something.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// The commits, newest first; a commit never after its parent where their times are the same.
    pub commits: Vec<LinkedCommit>,
    /// Whether all of the history that this clone has was looked at.
    pub is_complete: bool,
    /// Which of the commits link what.
    positions: OnceCell<HashMap<String, Vec<usize>>>,
}

impl PartialEq for Links {
    fn eq(&self, other: &Self) -> bool {
        self.commits == other.commits && self.is_complete == other.is_complete
    }
}

impl Eq for Links {}

impl Links {
    fn new(commits: Vec<LinkedCommit>, is_complete: bool) -> Self {
        Self { commits, is_complete, positions: OnceCell::new() }
    }

    /// Returns the places of the commits that link something, ascending.
    fn positions(&self, id: &str) -> &[usize] {
        let index = || {
            let mut positions: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, commit) in self.commits.iter().enumerate() {
                for id in &commit.ids {
                    let own = positions.entry(id.clone()).or_default();
                    if own.last() != Some(&at) {
                        own.push(at);
                    }
                }
            }
            positions
        };
        self.positions.get_or_init(index).get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns the commits that link one task, newest first.
    #[must_use]
    pub fn of(&self, id: &str) -> Vec<CommitId> {
        self.positions(id).iter().map(|&at| self.commits[at].id).collect()
    }

    /// Returns the commits that changed something below `FOLDER/NAME`, of a folder that the parser names: newest
    /// first. Where a commit changed very many names, it is among those of every name.
    #[must_use]
    pub fn touching(&self, folder: &str, name: &str) -> Vec<CommitId> {
        let (one, any) = (self.positions(&mark(folder, name)), self.positions(&mark(folder, "")));
        let mut both = [one, any].concat();
        both.sort_unstable();
        both.dedup();
        both.into_iter().map(|at| self.commits[at].id).collect()
    }
}

/// The commits that some tips reach, and what they link. A commit is known by its position, which is higher than those of
/// its parents.
#[derive(Debug, Default)]
pub struct CommitGraph {
    /// The commits.
    commits: Vec<CommitId>,
    /// The positions of all commits' parents, of each the one that it was made on first.
    parents: Vec<u32>,
    /// Where the parents of each commit begin, and where those of the last end.
    starts: Vec<u32>,
    /// What commits link, by their positions, ascending.
    links: Vec<(u32, Vec<String>)>,
    /// The numbers of all commits that are remembered, and their positions.
    numbers: gix::hashtable::HashMap<ObjectId, u32>,
    positions: Vec<u32>,
    /// Whether all of the history that this clone has was looked at.
    is_complete: bool,
    /// Which of the linking commits, by their positions among these, link something of this hash.
    linking: OnceCell<HashMap<u64, Vec<u32>>>,
}

impl CommitGraph {
    /// Whether all of the history that this clone has was looked at.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// How many commits there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.commits.len()
    }

    /// Returns the commit at a position.
    #[must_use]
    pub fn id(&self, position: u32) -> Option<CommitId> {
        self.commits.get(position as usize).copied()
    }

    /// Returns the position of a commit; none where no tip reaches it.
    #[must_use]
    pub fn position(&self, id: CommitId) -> Option<u32> {
        let number = *self.numbers.get(&id.raw())?;
        self.positions
            .get(number as usize)
            .copied()
            .filter(|position| (*position as usize) < self.commits.len())
    }

    /// Returns where in the list of all parents those of each commit begin, and where those of the last end; and that
    /// list.
    #[must_use]
    pub fn take_parents(&mut self) -> (Vec<u32>, Vec<u32>) {
        (std::mem::take(&mut self.starts), std::mem::take(&mut self.parents))
    }

    /// Returns what the commit at a position links.
    #[must_use]
    pub fn links_of(&self, position: u32) -> &[String] {
        let found = self.links.binary_search_by_key(&position, |(position, _)| *position);
        found.map_or(&[], |at| self.links[at].1.as_slice())
    }

    /// Returns the positions of the commits that link something, ascending.
    #[must_use]
    pub fn linking(&self, id: &str) -> Vec<u32> {
        let hasher = foldhash::fast::FixedState::default();
        let index = || {
            let mut index: HashMap<u64, Vec<u32>> = HashMap::with_capacity(self.links.len());
            for (at, (_, ids)) in (0..).zip(&self.links) {
                for id in ids {
                    index.entry(hasher.hash_one(id.as_str())).or_default().push(at);
                }
            }
            index
        };
        let alike = self.linking.get_or_init(index).get(&hasher.hash_one(id));
        let links = alike.into_iter().flatten().filter_map(|at| self.links.get(*at as usize));
        let mut positions: Vec<u32> =
            links.filter(|(_, ids)| ids.iter().any(|own| own == id)).map(|(position, _)| *position).collect();
        positions.dedup();
        positions
    }

    /// Returns the positions of the commits that changed something below `FOLDER/NAME`, ascending; as
    /// [`Links::touching`].
    #[must_use]
    pub fn touching(&self, folder: &str, name: &str) -> Vec<u32> {
        let mut both = [self.linking(&mark(folder, name)), self.linking(&mark(folder, ""))].concat();
        both.sort_unstable();
        both.dedup();
        both
    }
}

/// What is remembered of a commit that changed a name in a folder, among what it links: no id begins with a slash.
fn mark(folder: &str, name: &str) -> String {
    format!("/{folder}/{name}")
}

impl Repository {
    /// Returns the commits reachable from `tip` that link anything.
    ///
    /// At most `limit` commits that nobody has looked at before are read, the newest first; the history after
    /// them is left out for as long as no higher limit is requested.
    pub fn links(&self, tip: CommitId, parser: &LinkParser<'_>, limit: usize) -> Result<Links, Error> {
        let file = self.repo_paths().common_dir.join(CACHE);
        let stamp = self.stamp(parser);
        let mut remembered = Remembered::read(&file, stamp, limit, self.inner.object_hash());
        let added = self.scan(&mut remembered, tip, parser, limit)?;
        if added >= WORTH_WRITING || (added > 0 && !file.exists()) {
            remembered.write(&file, stamp, limit);
        }
        Ok(remembered.links_from(tip))
    }

    /// Returns the commits reachable from some tips; limited as [`Repository::links`].
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
        Ok(remembered.graph_from(tips))
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
        if !remembered.has(tip.raw()) {
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
            let new = commit.parents.iter().filter(|parent| !remembered.has(**parent));
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
            let parents: Vec<Parent> = parents.iter().map(|parent| remembered.parent(*parent)).collect();
            remembered.add(id, time, &parents, ids);
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
