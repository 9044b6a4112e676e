//! The commits that nobody has looked at yet.

use std::collections::{BinaryHeap, HashMap};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::FindExt;

use super::LinkParser;
use super::cache::{Parent, Remembered};
use crate::events::LongStep;
use crate::git::{CommitId, Error, Repository};

/// A commit that has been read.
pub(super) struct Read {
    time: i64,
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    pub(super) ids: Vec<String>,
}

impl Repository {
    /// Adds the commits reachable from `tip` that are not remembered, and returns how many.
    pub(super) fn scan(
        &self,
        remembered: &mut Remembered,
        tip: CommitId,
        grammar: &LinkParser<'_>,
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
            let commit = self.read_for_links(&objects, &mut buffer, id, grammar, is_shallow)?;
            let new = commit.parents.iter().filter(|parent| !remembered.has(**parent));
            waiting.extend(new.map(|parent| (commit.time, *parent)));
            read.insert(id, commit);
            step.advance(1);
            order.push(id);
        }
        self.mark_touched(&mut read, &order, grammar.folders)?;
        Ok(add_parents_first(remembered, &mut read, tip.raw()))
    }

    /// `objects` keeps none of them: each commit is read once.
    fn read_for_links(
        &self,
        objects: &gix::OdbHandle,
        buffer: &mut Vec<u8>,
        id: ObjectId,
        grammar: &LinkParser<'_>,
        is_shallow: bool,
    ) -> Result<Read, Error> {
        let cannot = |error: String| self.unreadable_because(CommitId::new(id), "read the commit", &error);
        let commit = objects.find_commit(&id, buffer).map_err(|error| cannot(error.to_string()))?;
        let time = commit.time().map_err(|error| cannot(error.to_string()))?.seconds;
        // A shallow clone ends where its parents are missing: that is an end, not an error.
        let is_here = |parent: &ObjectId| !is_shallow || self.inner.has_object(*parent);
        let parents = commit.parents().filter(is_here).collect();
        let ids = (grammar.ids_in)(&commit.message.to_str_lossy());
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
