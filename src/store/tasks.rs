//! All tasks at once: from the index where a file is unchanged, from the file where it is not.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::folder::Folder;
use super::index::{self, Index, Key, Record, Stored};
use super::names::Names;
use super::related::ByWord;
use super::source::Source;
use super::unchanged::unchanged;
use super::{Result, Stat};
use crate::model::{Problem, RecordKind, Summary, Task, TaskId};
use crate::{doc, git};

/// From this many files on, the work is spread over threads; below, starting them costs more than it gives.
const WORTH_THREADS: usize = 256;
/// Number of files that may be read anew at each listing before the index is written again.
const STALE_ENOUGH: usize = 32;
/// Number of bytes that may be: few large files cost as much as many small ones.
const STALE_BYTES: u64 = 256 * 1024;

/// What the names of the indices of commits begin with.
const AT: &str = "index-at-";

/// A file that was read rather than taken from the index.
#[derive(Debug, Clone)]
struct Fresh {
    name: String,
    stat: Stat,
    read: std::result::Result<Task, Vec<Problem>>,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Indexed(usize),
    Fresh(usize),
}

/// All tasks of a snapshot, and what is wrong with those that cannot be read.
#[derive(Debug, Default)]
pub struct Tasks {
    index: Arc<Index>,
    fresh: Vec<Fresh>,
    slots: Vec<Slot>,
    unexpected: Vec<Problem>,
    /// The parts by the task that they are a part of, and tasks by their target files; built by the first call that needs them.
    parts: OnceLock<ByWord>,
    files: OnceLock<ByWord>,
    /// How many files were read anew since all were.
    #[cfg(target_os = "linux")]
    read_anew: usize,
}

impl Tasks {
    /// Reads the tasks of a working tree through the index, and fixes the index where it pays.
    pub(super) fn from_work_tree(top: &Path, index_path: &Path, started: i64) -> Result<Self> {
        let Some(folder) = Folder::open(top, RecordKind::Task.folder())? else { return Ok(Self::default()) };
        let index = Index::read(index_path);
        let (is_same, names) = unchanged(&folder, &index, || Names::of(&folder));
        let names = names?;
        let (slots, stale) = slots(&names, &index, &is_same);
        let fresh = each(&stale, |name| read_fresh(&folder, name));
        let (fresh, slots) = drop_vanished(fresh, slots);
        let unused = index.len().saturating_sub(slots.len());
        let unexpected = names.unexpected(&Source::WorkTree(top.to_path_buf()))?;
        let tasks = Self { index: Arc::new(index), fresh, slots, unexpected, ..Self::default() };
        let bytes: u64 = tasks.fresh.iter().map(|file| file.stat.size).sum();
        if tasks.fresh.len().max(unused) > STALE_ENOUGH || bytes > STALE_BYTES {
            tasks.write_index(index_path, started);
        }
        Ok(tasks)
    }

    /// Reads the tasks of a commit, from what was remembered of the same folder where that is there. The answer depends
    /// on the folder's tree alone.
    pub(super) fn from_commit(source: &Source, index_path: &Path, tree: &str) -> Result<Self> {
        let path = index_path.with_file_name(format!("{AT}{tree}"));
        let index = Index::read(&path);
        if index.len() > 0 {
            let slots = (0..index.len()).map(Slot::Indexed).collect();
            return Ok(Self { index: Arc::new(index), slots, ..Self::default() });
        }
        let tasks = Self::from_source(source)?;
        // Files that are no tasks are not remembered, and must be reported each time.
        if tasks.unexpected.is_empty() && tasks.slots.len() > STALE_ENOUGH {
            forget_others(&path);
            tasks.write_index(&path, i64::MAX);
        }
        Ok(tasks)
    }

    /// Reads the tasks of a commit or of what is staged.
    pub(super) fn from_source(source: &Source) -> Result<Self> {
        let entries = source.list(RecordKind::Task.folder())?;
        let names = Names::among(entries.iter().map(|entry| (entry.name.as_str(), entry.kind)));
        let paths: Vec<String> =
            names.iter().map(|name| format!("{}/{name}", RecordKind::Task.folder())).collect();
        let stat = Stat { modified: 0, changed: 0, size: 0, inode: 0 };
        let fresh = source.map_files(&paths, |path, bytes| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let read = match bytes {
                Ok(bytes) => parse(name, &bytes),
                Err(error) => Err(vec![Problem::error(error.to_string())]),
            };
            Fresh { name: name.to_owned(), stat, read }
        })?;
        let slots = (0..fresh.len()).map(Slot::Fresh).collect();
        Ok(Self { fresh, slots, unexpected: names.unexpected(source)?, ..Self::default() })
    }

    /// Returns the tasks with these files read anew, by their names; none where it is better to read everything.
    #[cfg(target_os = "linux")]
    pub(super) fn with_changed(&self, folder: &Folder, names: &BTreeSet<String>) -> Option<Self> {
        let is_there = |name: &String| folder.stat(name).is_some();
        // What is no task is named by reading everything, as long as it is there.
        let (own, others): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| Names::is_task(name));
        let read_anew = self.read_anew + own.len();
        if read_anew > STALE_ENOUGH || !self.unexpected.is_empty() || others.into_iter().any(is_there) {
            return None;
        }
        let mut tasks = Self {
            index: Arc::clone(&self.index),
            fresh: self.fresh.clone(),
            slots: self.slots.clone(),
            read_anew,
            ..Self::default()
        };
        for name in own {
            let found = tasks.slots.binary_search_by(|slot| tasks.name(*slot).cmp(name.as_str()));
            match (read_fresh(folder, name), found) {
                (Some(fresh), place) => {
                    // One of the same name is no longer referred to, and passes away when everything is read.
                    let slot = Slot::Fresh(tasks.fresh.len());
                    tasks.fresh.push(fresh);
                    match place {
                        Ok(at) => tasks.slots[at] = slot,
                        Err(at) => tasks.slots.insert(at, slot),
                    }
                }
                (None, Ok(at)) => drop(tasks.slots.remove(at)),
                (None, Err(_)) => {}
            }
        }
        Some(tasks)
    }

    /// Returns the tasks that can be read, sorted by file name, and all problems, warnings included.
    #[must_use]
    pub fn read(&self) -> (Vec<Summary<'_>>, Vec<Problem>) {
        let mut summaries = Vec::with_capacity(self.slots.len());
        let problems = self.read_into(&mut summaries, |_| true);
        (summaries, problems)
    }

    /// Returns those of the tasks that are requested, sorted by file name, and all problems.
    pub fn select<'a>(
        &'a self,
        is_selected: impl FnMut(&Summary<'a>) -> bool,
    ) -> (Vec<Summary<'a>>, Vec<Problem>) {
        let mut summaries = Vec::new();
        let problems = self.read_into(&mut summaries, is_selected);
        (summaries, problems)
    }

    /// Returns the tasks that name this one as their parent.
    #[must_use]
    pub fn parts_of(&self, id: &str) -> Vec<Summary<'_>> {
        let parts = self.parts.get_or_init(|| {
            ByWord::of(self.summaries(), |task, note| task.parent.into_iter().for_each(note))
        });
        let found = parts.places(id).filter_map(|at| self.summary(at));
        found.filter(|task| task.parent == Some(id)).collect()
    }

    /// Returns the tasks that name one of these target files, sorted by file name.
    #[must_use]
    pub fn naming<'f>(&self, files: impl Iterator<Item = &'f str>) -> Vec<Summary<'_>> {
        let by_file = self
            .files
            .get_or_init(|| ByWord::of(self.summaries(), |task, note| task.files.iter().for_each(note)));
        let names = |at: &usize, file: &str| {
            self.summary(*at).is_some_and(|task| task.files.iter().any(|own| own == file))
        };
        let found = files.flat_map(|file| by_file.places(file).filter(move |at| names(at, file)));
        let places: BTreeSet<usize> = found.collect();
        places.into_iter().filter_map(|at| self.summary(at)).collect()
    }

    fn summaries(&self) -> impl Iterator<Item = (usize, Summary<'_>)> {
        (0..self.slots.len()).filter_map(|at| Some((at, self.summary(at)?)))
    }

    fn summary(&self, at: usize) -> Option<Summary<'_>> {
        self.record(*self.slots.get(at)?)?.summary
    }

    /// Returns the task of an id; none where there is none or its file cannot be read.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Summary<'_>> {
        self.record(self.slots[self.place(id)?])?.summary
    }

    /// Returns the stat with which a task's file was read; none where there is no such task. Of a commit's file it says
    /// nothing.
    #[must_use]
    pub fn stat(&self, id: &str) -> Option<Stat> {
        match self.slots[self.place(id)?] {
            Slot::Fresh(at) => Some(self.fresh.get(at)?.stat),
            Slot::Indexed(at) => Some(self.index.key(at)?.stat),
        }
    }

    fn place(&self, id: &str) -> Option<usize> {
        // Sorted by name is sorted by id: the dot of the ending comes before every letter of an id.
        let id_of = |slot: &Slot| self.name(*slot).strip_suffix(".md").unwrap_or_default();
        self.slots.binary_search_by(|slot| id_of(slot).cmp(id)).ok()
    }

    fn read_into<'a>(
        &'a self,
        summaries: &mut Vec<Summary<'a>>,
        mut is_selected: impl FnMut(&Summary<'a>) -> bool,
    ) -> Vec<Problem> {
        let mut problems = self.unexpected.clone();
        for slot in &self.slots {
            let Some(record) = self.record(*slot) else { continue };
            let problem = |stored: &Stored<'_>| {
                stored.to_problem(&format!("{}/{}", RecordKind::Task.folder(), self.name(*slot)))
            };
            problems.extend(record.problems.iter().map(problem));
            // Only what is requested is moved: a summary is as large as a line of text.
            match record.summary {
                Some(summary) if is_selected(&summary) => summaries.push(summary),
                _ => {}
            }
        }
        problems
    }

    fn name(&self, slot: Slot) -> &str {
        match slot {
            Slot::Fresh(at) => self.fresh.get(at).map_or("", |fresh| &fresh.name),
            Slot::Indexed(at) => self.index.name(at).unwrap_or_default(),
        }
    }

    #[inline]
    fn record(&self, slot: Slot) -> Option<Record<'_>> {
        match slot {
            Slot::Fresh(at) => Some(self.fresh.get(at)?.entry().1),
            Slot::Indexed(at) => self.index.record(at),
        }
    }

    fn entry(&self, slot: Slot) -> Option<(Key<'_>, Record<'_>)> {
        match slot {
            Slot::Fresh(at) => self.fresh.get(at).map(Fresh::entry),
            Slot::Indexed(at) => Some((self.index.key(at)?, self.index.record(at)?)),
        }
    }

    fn write_index(&self, path: &Path, started: i64) {
        let is_stable = |(key, _): &(Key<'_>, _)| key.stat.is_stable(started);
        let entries: Vec<_> =
            self.slots.iter().filter_map(|slot| self.entry(*slot)).filter(is_stable).collect();
        if entries.is_empty() {
            return;
        }
        let Some(bytes) = index::encode(&entries) else { return };
        git::replace_cache(path, &bytes);
    }
}

/// Removes what is remembered of other commits: the last that was looked at is the one that is looked at again.
fn forget_others(path: &Path) {
    let Some(folder) = path.parent().and_then(|folder| std::fs::read_dir(folder).ok()) else { return };
    let others = folder.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(AT));
    for other in others {
        let _ = std::fs::remove_file(other.path());
    }
}

impl Fresh {
    fn entry(&self) -> (Key<'_>, Record<'_>) {
        let (summary, problems) = match &self.read {
            Ok(task) => (Some(task.summary()), &task.warnings),
            Err(problems) => (None, problems),
        };
        let key = Key { name: &self.name, stat: self.stat };
        (key, Record { summary, problems: problems.iter().map(Stored::from).collect() })
    }
}

/// Does the work for each item, on several threads where there are many; the order stays.
fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    if items.len() < WORTH_THREADS {
        items.iter().map(work).collect()
    } else {
        items.par_iter().with_min_len(64).map(work).collect()
    }
}

/// Decides for each name whether the index tells the truth; names and rows are sorted alike.
fn slots<'n>(names: &'n Names, index: &Index, is_same: &[bool]) -> (Vec<Slot>, Vec<&'n str>) {
    let (mut slots, mut stale) = (Vec::with_capacity(names.len()), Vec::new());
    let row = |at: usize| Some((at, index.name(at)?));
    let mut rows = (0..index.len()).filter_map(row).peekable();
    for name in names.iter() {
        while rows.next_if(|(_, row)| *row < name).is_some() {}
        match rows.next_if(|(at, row)| *row == name && is_same[*at]) {
            Some((at, _)) => slots.push(Slot::Indexed(at)),
            None => {
                slots.push(Slot::Fresh(stale.len()));
                stale.push(name);
            }
        }
    }
    (slots, stale)
}

fn read_fresh(folder: &Folder, name: &str) -> Option<Fresh> {
    let (read, stat) = match folder.read(name) {
        Ok(None) => return None,
        Ok(Some((bytes, stat))) => (parse(name, &bytes), Some(stat)),
        Err(error) => (Err(vec![Problem::error(error.to_string())]), None),
    };
    let stat = stat.or_else(|| folder.stat(name))?;
    Some(Fresh { name: name.to_owned(), stat, read })
}

fn drop_vanished(fresh: Vec<Option<Fresh>>, slots: Vec<Slot>) -> (Vec<Fresh>, Vec<Slot>) {
    let mut kept = 0;
    let moved: Vec<Option<usize>> =
        fresh.iter().map(|item| item.as_ref().map(|_| post_increment(&mut kept))).collect();
    let slots = slots.into_iter().filter_map(|slot| match slot {
        Slot::Fresh(at) => moved[at].map(Slot::Fresh),
        Slot::Indexed(at) => Some(Slot::Indexed(at)),
    });
    let slots = slots.collect();
    (fresh.into_iter().flatten().collect(), slots)
}

fn post_increment(count: &mut usize) -> usize {
    *count += 1;
    *count - 1
}

fn parse(name: &str, bytes: &[u8]) -> std::result::Result<Task, Vec<Problem>> {
    let id = name.strip_suffix(RecordKind::Task.endings()[0]).unwrap_or(name);
    let id = TaskId::parse(id).map_err(|error| vec![Problem::error(error.to_string())])?;
    doc::read_task_of(&id, bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn with_an_index_only_what_changed_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |number: usize, title: &str| {
            let path = folder.path().join(format!("{}/TASK-{number}.md", RecordKind::Task.folder()));
            fs::write(path, format!("---\nid: TASK-{number}\ntitle: {title}\n---\n")).unwrap();
        };
        // As if asked long after the last write: nothing is too young for the index.
        let index = folder.path().join("index");
        let read = || Tasks::from_work_tree(folder.path(), &index, i64::MAX).unwrap();
        let count = STALE_ENOUGH + WORTH_THREADS;
        fs::create_dir_all(folder.path().join(RecordKind::Task.folder())).unwrap();
        (0..count).for_each(|number| write(number, "Old"));
        assert_eq!(read().fresh.len(), count);
        assert_eq!(read().fresh.len(), 0);
        write(7, "Another");
        let tasks = read();
        assert_eq!(tasks.fresh.len(), 1);
        assert_eq!(tasks.find("TASK-7").map(|task| task.title), Some("Another"));
        assert_eq!(tasks.find("TASK-70").map(|task| task.title), Some("Old"));
        assert_eq!(tasks.find("TASK-7.md").or(tasks.find("TASK")), None);
        assert_eq!(tasks.select(|task| task.title != "Old").0.len(), 1);
        let (summaries, problems) = tasks.read();
        let titles: Vec<_> =
            summaries.iter().filter(|task| task.title != "Old").map(|task| task.id).collect();
        assert_eq!((titles, summaries.len(), problems), (vec!["TASK-7"], count, vec![]));
        assert_eq!(tasks.index.len(), count);
        (8..8 + 2 * STALE_ENOUGH).for_each(|number| {
            fs::remove_file(folder.path().join(format!("{}/TASK-{number}.md", RecordKind::Task.folder())))
                .unwrap();
        });
        assert_eq!(read().slots.len(), count - 2 * STALE_ENOUGH);
        assert_eq!(read().index.len(), count - 2 * STALE_ENOUGH, "what is gone is forgotten");
    }
}
