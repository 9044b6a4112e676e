//! The file that remembers which ids the branches hold, so that no object is opened while no branch moves.
//!
//! Numbers are 32 bits, little-endian:
//!
//! ```text
//! numbers     length of an object id, tips, trees, ids, bytes of ids
//! tips        the commits that branches end in, sorted: what the content hangs on
//! tasks       for each tip the number of its tree of tasks, or one of two marks
//! trees       their object ids
//! members     for each tree a bit for each id, lowest first, filled up to whole bytes
//! ids         sorted, a line each
//! ```

use std::path::Path;

use gix::ObjectId;

use crate::git::ids::{Findings, Tasks};
use crate::git::{CacheFile, replace_cache};

const CACHE: CacheFile = CacheFile::new(*b"trkids02", &[]);
const NUMBERS: usize = 5;
/// In place of a tree's number: the commit has no tasks.
const NO_TASKS: u32 = u32::MAX;
/// In place of a tree's number: this clone lacks the objects.
const UNREADABLE: u32 = u32::MAX - 1;

/// The file's content, checked. Parts are decoded when they are requested.
#[derive(Debug)]
pub(super) struct Cache {
    bytes: Vec<u8>,
    parts: Parts,
}

/// Where the parts begin.
#[derive(Debug)]
struct Parts {
    id_length: usize,
    tip_count: usize,
    tree_count: usize,
    id_count: usize,
    tips: usize,
    tasks: usize,
    trees: usize,
    members: usize,
    ids: usize,
    end: usize,
}

impl Parts {
    /// None where the numbers do not add up to the file's length.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32_at(bytes, at * 4)? as usize);
        let (id_length, tip_count, tree_count) = (number(0)?, number(1)?, number(2)?);
        let (id_count, id_bytes) = (number(3)?, number(4)?);
        let tips = NUMBERS * 4;
        let tasks = tips.checked_add(tip_count.checked_mul(id_length)?)?;
        let trees = tasks.checked_add(tip_count.checked_mul(4)?)?;
        let members = trees.checked_add(tree_count.checked_mul(id_length)?)?;
        let ids = members.checked_add(tree_count.checked_mul(id_count.div_ceil(8))?)?;
        let end = ids.checked_add(id_bytes)?;
        let fits = matches!(id_length, 20 | 32) && end == bytes.len();
        fits.then_some(Self {
            id_length,
            tip_count,
            tree_count,
            id_count,
            tips,
            tasks,
            trees,
            members,
            ids,
            end,
        })
    }
}

impl Cache {
    /// Reads the file. None where it is missing, of another version or damaged: it is made anew then.
    pub(super) fn read(file: &Path) -> Option<Self> {
        Self::parse(CACHE.read(file)?)
    }

    fn parse(bytes: Vec<u8>) -> Option<Self> {
        let parts = Parts::parse(&bytes)?;
        let cache = Self { bytes, parts };
        let is_text = std::str::from_utf8(cache.id_bytes()).is_ok();
        is_text.then_some(cache)
    }

    /// Writes down what was found for the branches' tips.
    pub(super) fn from_findings(tips: &[ObjectId], found: &Findings) -> Self {
        let id_length = tips.first().map_or(20, |tip| tip.as_slice().len());
        let counts = [id_length, tips.len(), found.trees.len(), found.id_count, found.ids.len()];
        let mut bytes = Vec::new();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes();
        counts.iter().for_each(|count| bytes.extend(number(*count)));
        tips.iter().for_each(|tip| bytes.extend(tip.as_slice()));
        for tasks in &found.tasks {
            let mark = match tasks {
                Tasks::None => NO_TASKS.to_le_bytes(),
                Tasks::Unreadable => UNREADABLE.to_le_bytes(),
                Tasks::Tree(tree) => match found.trees.binary_search_by(|(id, _)| id.cmp(tree)) {
                    Ok(at) => number(at),
                    Err(_) => UNREADABLE.to_le_bytes(),
                },
            };
            bytes.extend(mark);
        }
        found.trees.iter().for_each(|(tree, _)| bytes.extend(tree.as_slice()));
        found.trees.iter().for_each(|(_, members)| bytes.extend(members));
        bytes.extend(found.ids.as_bytes());
        Self::parse(bytes).expect("what was just written reads")
    }

    /// Writes the file, where that is possible: a read-only repository works as well, and slower.
    pub(super) fn write(&self, file: &Path) {
        replace_cache(file, &CACHE.sealed(&self.bytes));
    }

    /// Whether the branches still end in these commits.
    pub(super) fn is_of(&self, tips: &[ObjectId]) -> bool {
        let is_at = |(at, tip): (usize, &ObjectId)| self.object_id(self.parts.tips, at) == tip.as_slice();
        tips.len() == self.parts.tip_count && tips.iter().enumerate().all(is_at)
    }

    /// Returns what is remembered of a commit.
    pub(super) fn tasks_of(&self, tip: &ObjectId) -> Option<Tasks> {
        let tips = &self.bytes[self.parts.tips..self.parts.tasks];
        let at = position(tips, tip.as_slice())?;
        match u32_at(&self.bytes, self.parts.tasks + at * 4)? {
            NO_TASKS => Some(Tasks::None),
            UNREADABLE => None,
            tree if (tree as usize) < self.parts.tree_count => {
                let tree = self.object_id(self.parts.trees, tree as usize);
                Some(Tasks::Tree(ObjectId::from_bytes_or_panic(tree)))
            }
            _ => None,
        }
    }

    /// Returns the trees and a bit for each id that they hold.
    pub(super) fn trees(&self) -> impl Iterator<Item = (ObjectId, &[u8])> {
        let width = self.parts.id_count.div_ceil(8);
        (0..self.parts.tree_count).map(move |at| {
            let tree = ObjectId::from_bytes_or_panic(self.object_id(self.parts.trees, at));
            (tree, &self.bytes[self.parts.members + at * width..][..width])
        })
    }

    /// Returns all ids, sorted.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.id_text().lines()
    }

    /// Returns all ids, sorted, a line each.
    pub(super) fn id_text(&self) -> &str {
        std::str::from_utf8(self.id_bytes()).unwrap_or_default()
    }

    /// Returns how many ids there are.
    pub(super) fn len(&self) -> usize {
        self.parts.id_count
    }

    /// Whether there is such an id: a binary search in the text as it is.
    pub(super) fn contains(&self, id: &str) -> bool {
        let mut text = self.id_bytes();
        while !text.is_empty() {
            let middle = text.len() / 2;
            let start = text[..middle].iter().rposition(|c| *c == b'\n').map_or(0, |at| at + 1);
            let end = text[start..].iter().position(|c| *c == b'\n').map_or(text.len(), |at| start + at);
            match id.as_bytes().cmp(&text[start..end]) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => text = &text[..start],
                std::cmp::Ordering::Greater => text = text.get(end + 1..).unwrap_or_default(),
            }
        }
        false
    }

    fn object_id(&self, part: usize, at: usize) -> &[u8] {
        &self.bytes[part + at * self.parts.id_length..][..self.parts.id_length]
    }

    fn id_bytes(&self) -> &[u8] {
        &self.bytes[self.parts.ids..self.parts.end]
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

/// Binary search in ids that are side by side, sorted.
fn position(ids: &[u8], id: &[u8]) -> Option<usize> {
    let (mut low, mut high) = (0, ids.len() / id.len());
    while low < high {
        let middle = usize::midpoint(low, high);
        match ids[middle * id.len()..][..id.len()].cmp(id) {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}
