//! Which ids are in use elsewhere: on any branch that this clone knows, or in another working tree.
//!
//! Two clones that create tasks at once should not choose the same id, so a new id is checked against all that
//! git can see. The answer hangs on nothing but the commits that the branches end in; while these stay, it comes
//! from a cache, `<common dir>/tracker/ids`, and no object is opened. The cache is disposable: when it is gone,
//! damaged, of another version or cannot be written, the answer is the same and takes longer.

mod cache;
mod scan;

use std::cell::OnceCell;
use std::fs;
use std::path::PathBuf;

use cache::Cache;

use super::{Error, RepoPaths, refs};
use crate::model::TaskId;

/// The ids in use on branches, and in other working trees whether committed or not.
///
/// The files of the current working tree are not looked at: the store knows them.
#[derive(Debug)]
pub struct IdsElsewhere {
    branches: Cache,
    /// Below a working tree.
    tasks_folder: PathBuf,
    places: RepoPaths,
    /// The task folders of other working trees, once somebody has asked.
    elsewhere: OnceCell<Vec<PathBuf>>,
}

impl IdsElsewhere {
    /// Reads the ids on branches. `tracker_folder` is the tracker's folder from the top of the repository, such
    /// as `.tracker`.
    ///
    /// A branch whose objects this clone lacks (a partial or damaged clone) counts as empty.
    pub fn load(places: &RepoPaths, tracker_folder: &str) -> Result<Self, Error> {
        let tasks_folder = format!("{}/tasks", tracker_folder.trim_matches('/'));
        let tips = refs::tips(places)?;
        let file = cache_file(places, tracker_folder);
        let cached = Cache::read(&file);
        let branches = match cached {
            Some(cached) if cached.is_of(&tips) => cached,
            cached => {
                let found = scan::scan(&places.common_dir, &tips, &tasks_folder, cached.as_ref());
                let found = Cache::from_findings(&tips, &found);
                found.write(&file);
                found
            }
        };
        Ok(Self {
            branches,
            tasks_folder: tasks_folder.into(),
            places: places.clone(),
            elsewhere: OnceCell::new(),
        })
    }

    /// Tells whether an id is in use on a branch or in another working tree.
    #[must_use]
    pub fn contains(&self, id: &TaskId) -> bool {
        let file = format!("{id}.md");
        self.branches.contains(id.as_str())
            || self.task_folders().iter().any(|folder| folder.join(&file).symlink_metadata().is_ok())
    }

    /// Returns the largest number that stands after a prefix: 12 where `TASK-12` is in use and `TASK-7Q2M` is.
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

    /// Tells whether no id is in use on branches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn task_folders(&self) -> &[PathBuf] {
        self.elsewhere.get_or_init(|| {
            let tops = self.places.other_work_dirs();
            tops.into_iter().map(|top| top.join(&self.tasks_folder)).collect()
        })
    }
}

/// A repository may hold more than one tracker, in folders of a larger project.
fn cache_file(places: &RepoPaths, tracker_folder: &str) -> PathBuf {
    let folder = places.common_dir.join("tracker");
    match tracker_folder.trim_matches('/') {
        ".tracker" => folder.join("ids"),
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
