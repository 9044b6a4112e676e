//! What is remembered: every commit looked at, in an order in which parents come first, and what a few of them
//! link. About 35 bytes a commit.

use std::path::Path;

use gix::ObjectId;
use gix::hashtable::HashMap;

use crate::git::links::{CommitGraph, LinkedCommit, Links};
use crate::git::{Bytes, CacheFile, CommitId, replace_cache};

const CACHE: CacheFile = CacheFile::new(*b"trklnk02", &[]);
/// In place of a parent's number: it was left out.
const LEFT_OUT: u32 = u32::MAX;

/// A parent, by its number.
pub(super) type Parent = u32;

/// All commits looked at so far.
pub(super) struct Remembered {
    commits: Vec<Commit>,
    parents: Vec<Parent>,
    numbers: HashMap<ObjectId, u32>,
    /// What commits link, by their numbers, ascending.
    linked: Vec<(u32, Vec<String>)>,
    has_left_out: bool,
}

struct Commit {
    id: ObjectId,
    time: i64,
    /// Where its parents begin in the list of all parents.
    parents_at: usize,
    parent_count: usize,
}

impl Remembered {
    fn nothing() -> Self {
        let (commits, parents, linked) = (Vec::new(), Vec::new(), Vec::new());
        Self { commits, parents, numbers: HashMap::default(), linked, has_left_out: false }
    }

    /// Reads the file; what cannot be used is nothing.
    pub(super) fn read(file: &Path, stamp: u32, limit: usize, hash: gix::hash::Kind) -> Self {
        let content = CACHE.read(file).unwrap_or_default();
        Self::decode(&content, stamp, limit as u64, hash).unwrap_or_else(Self::nothing)
    }

    fn decode(content: &[u8], stamp: u32, limit: u64, hash: gix::hash::Kind) -> Option<Self> {
        let mut rest = Bytes(content);
        if rest.u32()? != stamp {
            return None;
        }
        let limit_then = rest.u64()?;
        let mut found = Self::nothing();
        found.has_left_out = rest.u8()? != 0;
        if found.has_left_out && limit_then < limit {
            return None;
        }
        let most = rest.0.len() / (hash.len_in_bytes() + 14);
        found.commits.reserve(most);
        found.parents.reserve(most);
        found.numbers.reserve(most);
        let mut parents = Vec::new();
        while !rest.0.is_empty() {
            let id = ObjectId::try_from(rest.take(hash.len_in_bytes())?).ok()?;
            let time = rest.u64()?.cast_signed();
            let parent_count = usize::from(rest.u8()?);
            parents.clear();
            for _ in 0..parent_count {
                let known = found.commits.len();
                parents.push(rest.u32().filter(|parent| *parent == LEFT_OUT || (*parent as usize) < known)?);
            }
            let mut ids = Vec::new();
            for _ in 0..rest.u8()? {
                let length = usize::from(rest.u8()?);
                ids.push(String::from_utf8(rest.take(length)?.to_owned()).ok()?);
            }
            found.add(id, time, &parents, ids);
        }
        Some(found)
    }

    /// Writes the file, where that is possible: a read-only repository works as well, and slower.
    pub(super) fn write(&self, file: &Path, stamp: u32, limit: usize) {
        replace_cache(file, &self.encode(stamp, limit as u64));
    }

    fn encode(&self, stamp: u32, limit: u64) -> Vec<u8> {
        let mut body = CACHE.begin();
        body.reserve(self.commits.len() * 48);
        body.extend_from_slice(&stamp.to_le_bytes());
        body.extend_from_slice(&limit.to_le_bytes());
        body.push(u8::from(self.has_left_out));
        let mut linked = self.linked.iter().peekable();
        for (number, commit) in self.commits.iter().enumerate() {
            body.extend_from_slice(commit.id.as_slice());
            body.extend_from_slice(&commit.time.to_le_bytes());
            let parents = self.parents_of(commit);
            body.push(u8::try_from(parents.len()).unwrap_or(u8::MAX));
            for parent in parents {
                body.extend_from_slice(&parent.to_le_bytes());
            }
            let ids = linked.next_if(|(of, _)| *of as usize == number).map_or(&[][..], |(_, ids)| ids);
            body.push(u8::try_from(ids.len()).unwrap_or(u8::MAX));
            for id in ids {
                body.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
                body.extend_from_slice(id.as_bytes());
            }
        }
        CACHE.seal(&mut body);
        body
    }

    pub(super) fn has(&self, id: ObjectId) -> bool {
        self.numbers.contains_key(&id)
    }

    /// The number of a commit that is remembered; of any other that it was left out.
    pub(super) fn parent(&self, id: ObjectId) -> Parent {
        self.numbers.get(&id).copied().unwrap_or(LEFT_OUT)
    }

    /// Adds a commit, whose parents must have been added. More than 255 ids in one message, or ids longer than
    /// that, link nothing.
    pub(super) fn add(&mut self, id: ObjectId, time: i64, parents: &[Parent], mut ids: Vec<String>) {
        let number = u32::try_from(self.commits.len()).unwrap_or(LEFT_OUT);
        let parents = &parents[..parents.len().min(usize::from(u8::MAX))];
        ids.retain(|id| id.len() <= usize::from(u8::MAX));
        ids.truncate(usize::from(u8::MAX));
        self.has_left_out |= parents.contains(&LEFT_OUT);
        self.commits.push(Commit { id, time, parents_at: self.parents.len(), parent_count: parents.len() });
        self.parents.extend_from_slice(parents);
        self.numbers.insert(id, number);
        if !ids.is_empty() {
            self.linked.push((number, ids));
        }
    }

    fn parents_of(&self, commit: &Commit) -> &[Parent] {
        &self.parents[commit.parents_at..commit.parents_at + commit.parent_count]
    }

    /// Returns which commits some tips reach, and whether all of their history is remembered.
    fn reached_from(&self, tips: &[CommitId]) -> (Vec<bool>, bool) {
        let mut is_reachable = vec![false; self.commits.len()];
        let numbers: Vec<usize> =
            tips.iter().filter_map(|tip| self.numbers.get(&tip.raw())).map(|tip| *tip as usize).collect();
        numbers.iter().for_each(|tip| is_reachable[*tip] = true);
        let mut is_complete = numbers.len() == tips.len();
        for number in (0..=numbers.iter().copied().max().unwrap_or(0)).rev() {
            if !is_reachable.get(number).copied().unwrap_or(false) {
                continue;
            }
            for parent in self.parents_of(&self.commits[number]) {
                match is_reachable.get_mut(*parent as usize) {
                    Some(reached) => *reached = true,
                    None => is_complete = false,
                }
            }
        }
        (is_reachable, is_complete)
    }

    /// Returns the commits that some tips reach.
    pub(super) fn graph_from(self, tips: &[CommitId]) -> CommitGraph {
        let (is_reachable, is_complete) = self.reached_from(tips);
        let count = self.commits.len();
        let positions = vec![LEFT_OUT; count];
        let mut graph = CommitGraph { positions, is_complete, ..CommitGraph::default() };
        graph.commits.reserve_exact(count);
        graph.starts.reserve_exact(count + 1);
        graph.parents.reserve_exact(self.parents.len());
        for (number, commit) in self.commits.iter().enumerate().filter(|(number, _)| is_reachable[*number]) {
            graph.positions[number] = u32::try_from(graph.commits.len()).unwrap_or(LEFT_OUT);
            graph.commits.push(CommitId::new(commit.id));
            graph.starts.push(u32::try_from(graph.parents.len()).unwrap_or(LEFT_OUT));
            let parents =
                self.parents_of(commit).iter().filter_map(|parent| graph.positions.get(*parent as usize));
            graph.parents.extend(parents);
        }
        graph.starts.push(u32::try_from(graph.parents.len()).unwrap_or(LEFT_OUT));
        let positions = &graph.positions;
        let links = self.linked.into_iter().map(|(number, ids)| (positions[number as usize], ids));
        graph.links = links.filter(|(position, _)| *position != LEFT_OUT).collect();
        graph.numbers = self.numbers;
        graph
    }

    /// Returns what is linked from a remembered commit back.
    pub(super) fn links_from(&self, tip: CommitId) -> Links {
        let (is_reachable, is_complete) = self.reached_from(&[tip]);
        let reached = self.linked.iter().rev().filter(|(number, _)| is_reachable[*number as usize]);
        let mut commits: Vec<LinkedCommit> = reached
            .map(|(number, ids)| {
                let commit = &self.commits[*number as usize];
                let time = chrono::DateTime::from_timestamp(commit.time, 0).unwrap_or_default();
                LinkedCommit { id: CommitId::new(commit.id), time, ids: ids.clone() }
            })
            .collect();
        // Stable: where times are the same, the order in which parents come last stays.
        commits.sort_by_key(|commit| std::cmp::Reverse(commit.time));
        Links::new(commits, is_complete)
    }
}
