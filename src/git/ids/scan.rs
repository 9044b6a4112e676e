//! Reads the ids from the branches' own trees, and no tree twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gix::ObjectId;
use gix::object::Kind;
use gix::objs::{CommitRefIter, Find, TagRefIter, TreeRefIter};

use super::cache::Cache;
use super::id_in_file_name;

/// The tasks that a commit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tasks {
    /// There is no folder of tasks.
    None,
    /// This clone lacks the objects that would tell.
    Unreadable,
    /// The tree of the folder.
    Tree(ObjectId),
}

/// What a scan found.
pub(super) struct Findings {
    /// For each tip, in the order given.
    pub(super) tasks: Vec<Tasks>,
    /// The distinct trees, sorted, and for each a bit for each id that it holds.
    pub(super) trees: Vec<(ObjectId, Vec<u8>)>,
    /// All ids, sorted, a line each.
    pub(super) ids: String,
    /// How many these are.
    pub(super) id_count: usize,
}

/// Finds the ids below `folder` in all tips. What `old` knows of a tip or a tree is not read again.
pub(super) fn scan(common_dir: &Path, tips: &[ObjectId], folder: &str, old: Option<&Cache>) -> Findings {
    let kind = tips.first().map(|tip| tip.kind());
    let objects = kind.and_then(|kind| gix::odb::at(common_dir.join("objects"), kind).ok());
    let mut tasks: Vec<Tasks> = Vec::with_capacity(tips.len());
    for tip in tips {
        let known = old.and_then(|old| old.tasks_of(tip));
        let found = known.or_else(|| tasks_in(objects.as_ref()?, tip, folder));
        tasks.push(found.unwrap_or(Tasks::Unreadable));
    }
    let kept: BTreeMap<ObjectId, &[u8]> = old.into_iter().flat_map(Cache::trees).collect();
    let wanted: BTreeSet<ObjectId> = tasks.iter().filter_map(|tasks| tasks.tree()).collect();
    if let Some(old) = old.filter(|_| kept.keys().eq(&wanted)) {
        // Branches moved and no task did: the most frequent case, after each commit of code.
        return Findings::with_tasks(tasks, old);
    }
    let mut fresh = BTreeMap::new();
    for tree in wanted.iter().filter(|tree| !kept.contains_key(*tree)) {
        let names = objects.as_ref().and_then(|objects| read(objects, tree, Kind::Tree));
        fresh.extend(names.map(|names| (*tree, names)));
    }
    let kept: Vec<_> = kept.into_iter().filter(|(tree, _)| wanted.contains(tree)).collect();
    join(tasks, old, &kept, &fresh)
}

impl Findings {
    /// What was known before, of other tips.
    fn with_tasks(tasks: Vec<Tasks>, old: &Cache) -> Self {
        let trees = old.trees().map(|(tree, members)| (tree, members.to_vec())).collect();
        Self { tasks, trees, ids: old.id_text().to_owned(), id_count: old.len() }
    }
}

/// Joins the ids of trees known before with those of trees read just now.
fn join(
    mut tasks: Vec<Tasks>,
    old: Option<&Cache>,
    kept: &[(ObjectId, &[u8])],
    fresh: &BTreeMap<ObjectId, Vec<u8>>,
) -> Findings {
    let old_ids: Vec<&str> = old.into_iter().flat_map(Cache::ids).collect();
    let fresh: Vec<(ObjectId, Vec<&str>)> =
        fresh.iter().map(|(tree, data)| (*tree, ids_in(data, tree.kind()))).collect();
    let mut used = vec![0; old_ids.len().div_ceil(8)];
    for (_, members) in kept {
        used.iter_mut().zip(*members).for_each(|(all, some)| *all |= some);
    }
    let old_used = old_ids.iter().enumerate().filter(|(at, _)| has_bit(&used, *at));
    let mut ids: Vec<&str> = old_used.map(|(_, id)| *id).collect();
    ids.extend(fresh.iter().flat_map(|(_, ids)| ids));
    ids.sort();
    ids.dedup();

    // Where each old id is now, and nowhere for those that no kept tree holds.
    let moved: Vec<Option<usize>> = places_in(&ids, &old_ids).collect();
    let mut trees: Vec<(ObjectId, Vec<u8>)> = Vec::with_capacity(kept.len() + fresh.len());
    for (tree, members) in kept {
        let members = moved.iter().enumerate().filter(|(at, _)| has_bit(members, *at));
        trees.push((*tree, bits(ids.len(), members.filter_map(|(_, now)| *now))));
    }
    for (tree, members) in &fresh {
        trees.push((*tree, bits(ids.len(), places_in(&ids, members).flatten())));
    }
    trees.sort_unstable_by_key(|(tree, _)| *tree);
    for tasks in &mut tasks {
        let is_read = |tree| trees.binary_search_by_key(&tree, |(tree, _)| *tree).is_ok();
        if tasks.tree().is_some_and(|tree| !is_read(tree)) {
            *tasks = Tasks::Unreadable;
        }
    }
    let id_count = ids.len();
    let ids = ids.into_iter().flat_map(|id| [id, "\n"]).collect();
    Findings { tasks, trees, ids, id_count }
}

impl Tasks {
    fn tree(self) -> Option<ObjectId> {
        if let Self::Tree(tree) = self { Some(tree) } else { None }
    }
}

/// Where each of `some`, sorted, is in `all`, sorted.
fn places_in<'a>(all: &'a [&'a str], some: &'a [&'a str]) -> impl Iterator<Item = Option<usize>> + 'a {
    let mut at = 0;
    some.iter().map(move |one| {
        while all.get(at).is_some_and(|id| id < one) {
            at += 1;
        }
        (all.get(at) == Some(one)).then_some(at)
    })
}

fn has_bit(members: &[u8], at: usize) -> bool {
    members.get(at / 8).is_some_and(|byte| byte & (1 << (at % 8)) != 0)
}

fn bits(count: usize, members: impl Iterator<Item = usize>) -> Vec<u8> {
    let mut bytes = vec![0; count.div_ceil(8)];
    members.for_each(|at| bytes[at / 8] |= 1 << (at % 8));
    bytes
}

/// None where an object on the way is missing.
fn tasks_in(objects: &impl Find, tip: &ObjectId, folder: &str) -> Option<Tasks> {
    let mut commit_id = *tip;
    let mut buffer = Vec::new();
    let mut at = loop {
        let data = objects.try_find(&commit_id, &mut buffer).ok()??;
        match data.kind {
            Kind::Commit => break CommitRefIter::from_bytes(data.data, tip.kind()).tree_id().ok()?,
            Kind::Tag => commit_id = TagRefIter::from_bytes(data.data, tip.kind()).target_id().ok()?,
            Kind::Tree | Kind::Blob => return Some(Tasks::None),
        }
    };
    for part in folder.split('/') {
        let tree = read(objects, &at, Kind::Tree)?;
        let mut entries = TreeRefIter::from_bytes(&tree, tip.kind());
        let entry = entries.find_map(|entry| {
            let entry = entry.ok()?;
            (entry.filename == part && entry.mode.is_tree()).then(|| entry.oid.to_owned())
        });
        match entry {
            Some(entry) => at = entry,
            None => return Some(Tasks::None),
        }
    }
    Some(Tasks::Tree(at))
}

fn read(objects: &impl Find, id: &ObjectId, kind: Kind) -> Option<Vec<u8>> {
    let mut buffer = Vec::new();
    let found = objects.try_find(id, &mut buffer).ok()??;
    (found.kind == kind).then(|| found.data.to_vec())
}

/// The ids that the files of a folder are named after, sorted.
fn ids_in(tree: &[u8], kind: gix::hash::Kind) -> Vec<&str> {
    let entries = TreeRefIter::from_bytes(tree, kind).filter_map(Result::ok);
    let mut ids: Vec<&str> = entries.filter_map(|entry| id_in_file_name(entry.filename)).collect();
    ids.sort();
    ids
}
