//! Which ids are in use elsewhere: on any branch that this clone knows, or in another working tree.
//!
//! Two clones that create tasks at once should not choose the same id, so a new id is checked against all that
//! git can see. The answer hangs on nothing but the commits that the branches end in; while these stay, it comes
//! from a cache, `<common dir>/tracker/ids`, and no object is opened. The cache is disposable: when it is gone,
//! damaged, of another version or cannot be written, the answer is the same and takes longer.

mod cache;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::object::Kind;
use gix::objs::{CommitRefIter, Find, TagRefIter, TreeRefIter};

use crate::git::ids::cache::Cache;
use crate::git::{Error, RepoPaths, refs};
use crate::model::{TRACKER_FOLDER, TaskId};

/// The ids in use on branches, and in other working trees whether committed or not.
///
/// The files of the current working tree are not looked at: the store knows them.
#[derive(Debug)]
pub struct IdsElsewhere {
    branches: Cache,
    /// Below a working tree.
    tasks_folder: PathBuf,
    repo_paths: RepoPaths,
    /// The task folders of other working trees, once somebody has asked.
    elsewhere: OnceCell<Vec<PathBuf>>,
}

impl IdsElsewhere {
    /// Reads the ids on branches. `tracker_folder` is the tracker's folder from the top of the repository, such
    /// as `.tracker`.
    ///
    /// A branch whose objects this clone lacks (a partial or damaged clone) counts as empty.
    pub fn load(repo_paths: &RepoPaths, tracker_folder: &str) -> Result<Self, Error> {
        let tasks_folder = format!("{}/tasks", tracker_folder.trim_matches('/'));
        let tips = refs::tips(repo_paths)?;
        let file = cache_file(repo_paths, tracker_folder);
        let cached = Cache::read(&file);
        let branches = match cached {
            Some(cached) if cached.is_of(&tips) => cached,
            cached => {
                let found = scan(&repo_paths.common_dir, &tips, &tasks_folder, cached.as_ref());
                let found = Cache::from_findings(&tips, &found);
                found.write(&file);
                found
            }
        };
        Ok(Self {
            branches,
            tasks_folder: tasks_folder.into(),
            repo_paths: repo_paths.clone(),
            elsewhere: OnceCell::new(),
        })
    }

    /// Whether an id is in use on a branch or in another working tree.
    #[must_use]
    pub fn contains(&self, id: &TaskId) -> bool {
        let file = format!("{id}.md");
        self.branches.contains(id.as_str())
            || self.task_folders().iter().any(|folder| folder.join(&file).symlink_metadata().is_ok())
    }

    /// Returns the largest number that is after a prefix: 12 where `TASK-12` is in use and `TASK-7Q2M` is.
    #[must_use]
    pub fn largest_number(&self, prefix: &str) -> Option<u64> {
        let on_branches = self.branches.ids().filter_map(|id| number_of(id, prefix)).max();
        let in_folder = |folder: &PathBuf| {
            let entries = fs::read_dir(folder).ok()?;
            let numbers = entries
                .flatten()
                .filter_map(|entry| number_of(entry.file_name().to_str()?.strip_suffix(".md")?, prefix));
            numbers.max()
        };
        let in_folders = self.task_folders().iter().filter_map(in_folder).max();
        on_branches.max(in_folders)
    }

    /// Returns how many ids are in use on branches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.branches.len()
    }

    /// Whether no id is in use on branches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn task_folders(&self) -> &[PathBuf] {
        self.elsewhere.get_or_init(|| {
            let tops = self.repo_paths.other_work_dirs();
            tops.into_iter().map(|top| top.join(&self.tasks_folder)).collect()
        })
    }
}

/// A repository may hold more than one tracker, in folders of a larger project.
fn cache_file(repo_paths: &RepoPaths, tracker_folder: &str) -> PathBuf {
    let folder = repo_paths.shared_folder();
    match tracker_folder.trim_matches('/') {
        TRACKER_FOLDER => folder.join("ids"),
        other => folder.join(format!("ids-{:08x}", crc32fast::hash(other.as_bytes()))),
    }
}

fn number_of(id: &str, prefix: &str) -> Option<u64> {
    let digits = id.strip_prefix(prefix)?.strip_prefix('-')?;
    digits.bytes().all(|c| c.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The id that a file's name says, where it says one.
fn id_in_file_name(name: &[u8]) -> Option<&str> {
    let stem = std::str::from_utf8(name.strip_suffix(b".md")?).ok()?;
    TaskId::parse(stem).is_ok().then_some(stem)
}

/// The tasks that a commit contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tasks {
    /// There is no folder of tasks.
    None,
    /// This clone lacks the objects that would tell.
    Unreadable,
    /// The tree of the folder.
    Tree(ObjectId),
}

/// What a scan found.
struct Findings {
    /// For each tip, in the order given.
    tasks: Vec<Tasks>,
    /// The distinct trees, sorted, and for each a bit for each id that it contains.
    trees: Vec<(ObjectId, Vec<u8>)>,
    /// All ids, sorted, a line each.
    ids: String,
    /// How many these are.
    id_count: usize,
}

/// Finds the ids below `folder` in all tips. What `old` knows of a tip or a tree is not read again.
fn scan(common_dir: &Path, tips: &[ObjectId], folder: &str, old: Option<&Cache>) -> Findings {
    let kind = tips.first().map(|tip| tip.kind());
    let objects = kind.and_then(|kind| gix::odb::at(common_dir.join("objects"), kind).ok());
    let mut tasks: Vec<Tasks> = Vec::with_capacity(tips.len());
    for tip in tips {
        let known = old.and_then(|old| old.tasks_of(tip));
        let found = known.or_else(|| tasks_in(objects.as_ref()?, tip, folder));
        tasks.push(found.unwrap_or(Tasks::Unreadable));
    }
    let kept: BTreeMap<ObjectId, &[u8]> = old.into_iter().flat_map(Cache::trees).collect();
    let folders: BTreeSet<ObjectId> = tasks.iter().filter_map(|tasks| tasks.tree()).collect();
    if let Some(old) = old.filter(|_| kept.keys().eq(&folders)) {
        // Branches moved and no task did: the most frequent case, after each commit of code.
        return Findings::with_tasks(tasks, old);
    }
    let mut fresh = BTreeMap::new();
    for tree in folders.iter().filter(|tree| !kept.contains_key(*tree)) {
        let names = objects.as_ref().and_then(|objects| read(objects, tree, Kind::Tree));
        fresh.extend(names.map(|names| (*tree, names)));
    }
    let kept: Vec<_> = kept.into_iter().filter(|(tree, _)| folders.contains(tree)).collect();
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

    // Where each old id is now, and nowhere for those that no kept tree contains.
    let moved: Vec<Option<usize>> = paths_in(&ids, &old_ids).collect();
    let mut trees: Vec<(ObjectId, Vec<u8>)> = Vec::with_capacity(kept.len() + fresh.len());
    for (tree, members) in kept {
        let members = moved.iter().enumerate().filter(|(at, _)| has_bit(members, *at));
        trees.push((*tree, bits(ids.len(), members.filter_map(|(_, now)| *now))));
    }
    for (tree, members) in &fresh {
        trees.push((*tree, bits(ids.len(), paths_in(&ids, members).flatten())));
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
fn paths_in<'a>(all: &'a [&'a str], some: &'a [&'a str]) -> impl Iterator<Item = Option<usize>> + 'a {
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
