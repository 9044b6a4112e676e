//! All tasks at once: from the index where a file is unchanged, from the file where it is not.

use std::path::Path;

use rayon::prelude::*;

use super::folder::Folder;
use super::index::{self, Index, Key, Record, Stored};
use super::source::Source;
use super::{Entry, EntryKind, Layout, Result, Stat};
use crate::doc;
use crate::model::{Problem, Summary, Task, TaskId};

/// From so many files on, the work is spread over threads; below, starting them costs more than it gives.
const WORTH_THREADS: usize = 256;
/// So many files may be read anew at each listing before the index is written again.
const STALE_ENOUGH: usize = 32;
/// A file changed this shortly before it was read may change again within the same tick of the file system's
/// clock, in nanoseconds.
const TICK: i64 = 20_000_000;

/// A file that was read rather than taken from the index.
#[derive(Debug)]
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
    index: Index,
    fresh: Vec<Fresh>,
    slots: Vec<Slot>,
    strays: Vec<Problem>,
}

impl Tasks {
    /// Reads the tasks of a working tree through the index, and mends the index where it pays.
    pub(super) fn from_work_tree(top: &Path, index_path: &Path, started: i64) -> Result<Self> {
        let Some(folder) = Folder::open(top, Layout::TASKS)? else { return Ok(Self::default()) };
        let (names, strays) = task_names(folder.entries()?);
        let index = Index::read(index_path);
        let stats = each(&names, |name| folder.stat(name));
        let (slots, stale) = compare(&names, &stats, index.keys());
        let fresh = each(&stale, |at| read_fresh(&folder, &names[*at]));
        let (fresh, slots) = drop_vanished(fresh, slots);
        let tasks = Self { index, fresh, slots, strays };
        if tasks.fresh.len() > STALE_ENOUGH {
            tasks.write_index(index_path, started);
        }
        Ok(tasks)
    }

    /// Reads the tasks of a commit.
    pub(super) fn from_source(source: &Source) -> Result<Self> {
        let (names, strays) = task_names(source.list(Layout::TASKS)?);
        let texts: Vec<_> =
            names.iter().map(|name| source.read(&format!("{}/{name}", Layout::TASKS))).collect();
        let files: Vec<_> = names.iter().zip(texts).collect();
        let fresh = each(&files, |(name, bytes)| {
            let read = match bytes {
                Ok(bytes) => parse(name, bytes.as_deref().unwrap_or_default()),
                Err(error) => Err(vec![Problem::error(error.to_string())]),
            };
            Fresh { name: (*name).clone(), stat: Stat { modified: 0, changed: 0, size: 0, inode: 0 }, read }
        });
        let slots = (0..fresh.len()).map(Slot::Fresh).collect();
        Ok(Self { index: Index::default(), fresh, slots, strays })
    }

    /// Returns the tasks that can be read, sorted by file name, and all problems, warnings included.
    #[must_use]
    pub fn read(&self) -> (Vec<Summary<'_>>, Vec<Problem>) {
        let mut problems = self.strays.clone();
        let summary = |(summary, found): (_, Vec<Problem>)| {
            problems.extend(found);
            summary
        };
        let summaries = each(&self.slots, |slot| self.read_slot(*slot)).into_iter().filter_map(summary);
        (summaries.collect(), problems)
    }

    fn read_slot(&self, slot: Slot) -> (Option<Summary<'_>>, Vec<Problem>) {
        let Some((key, record)) = self.entry(slot) else { return (None, Vec::new()) };
        let problem = |stored: &Stored<'_>| stored.to_problem(&format!("{}/{}", Layout::TASKS, key.name));
        (record.summary, record.problems.iter().map(problem).collect())
    }

    fn entry(&self, slot: Slot) -> Option<(Key<'_>, Record<'_>)> {
        match slot {
            Slot::Fresh(at) => self.fresh.get(at).map(Fresh::entry),
            Slot::Indexed(at) => Some((self.index.key(at)?, self.index.record(at)?)),
        }
    }

    fn write_index(&self, path: &Path, started: i64) {
        let is_settled = |(key, _): &(Key<'_>, _)| key.stat.modified.max(key.stat.changed) < started - TICK;
        let entries: Vec<_> =
            self.slots.iter().filter_map(|slot| self.entry(*slot)).filter(is_settled).collect();
        if entries.is_empty() {
            return;
        }
        let Some(bytes) = index::encode(&entries) else { return };
        // The index only saves time: if it cannot be written, the next command reads the files again.
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let folder = path.parent().unwrap_or(path);
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&temporary, bytes))
            .and_then(|()| std::fs::rename(&temporary, path));
        if written.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
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

/// Tells task files from what does not belong, sorted by name. Names that begin with a dot are nobody's record.
fn task_names(entries: Vec<Entry>) -> (Vec<String>, Vec<Problem>) {
    let (mut names, mut strays) = (Vec::with_capacity(entries.len()), Vec::new());
    for entry in entries {
        if entry.name.starts_with('.') {
            continue;
        }
        let stray = match (entry.kind, entry.name.strip_suffix(".md").map(TaskId::check)) {
            (EntryKind::File, Some(Ok(()))) => {
                names.push((first_bytes(&entry.name), entry.name));
                continue;
            }
            (EntryKind::File, Some(Err(error))) => {
                Problem::error(format!("the file's name is no task id: {error}"))
            }
            (EntryKind::File, None) => Problem::warning("is not a task: the name does not end in `.md`"),
            (EntryKind::Link, _) => Problem::error("is a symbolic link; links are not followed"),
            (EntryKind::Folder, _) => Problem::error("is a folder where a task's file should be"),
            (EntryKind::Other, _) => Problem::error("is not a regular file"),
        };
        strays.push(stray.in_file(format!("{}/{}", Layout::TASKS, entry.name)));
    }
    names.sort_unstable();
    strays.sort();
    (names.into_iter().map(|(_, name)| name).collect(), strays)
}

/// The beginning of a name as a number of the same order: enough to sort nearly all names without looking each up
/// in memory.
fn first_bytes(name: &str) -> u128 {
    let mut first = [0; 16];
    first.iter_mut().zip(name.bytes()).for_each(|(place, byte)| *place = byte);
    u128::from_be_bytes(first)
}

/// Decides for each name whether the index still tells the truth; both lists are sorted.
fn compare<'k>(
    names: &[String],
    stats: &[Option<Stat>],
    keys: impl Iterator<Item = Key<'k>>,
) -> (Vec<Slot>, Vec<usize>) {
    let (mut slots, mut stale) = (Vec::with_capacity(names.len()), Vec::new());
    let mut keys = keys.enumerate().peekable();
    for (position, (name, stat)) in names.iter().zip(stats).enumerate() {
        while keys.next_if(|(_, key)| key.name < name.as_str()).is_some() {}
        match keys.next_if(|(_, key)| key.name == name && Some(key.stat) == *stat) {
            Some((at, _)) => slots.push(Slot::Indexed(at)),
            None => {
                slots.push(Slot::Fresh(stale.len()));
                stale.push(position);
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

/// Reads a task and holds its id to the file's name: an edit that git carried into the wrong file is found here.
fn parse(name: &str, bytes: &[u8]) -> std::result::Result<Task, Vec<Problem>> {
    let task = doc::read_task(bytes)?;
    let expected = name.strip_suffix(".md").unwrap_or(name);
    if task.id.as_str() == expected {
        return Ok(task);
    }
    let line = doc::Document::markdown(bytes).ok().and_then(|document| document.line_of("id"));
    let problem = Problem::error(format!("`{}` is not the id that the file's name says", task.id))
        .on_key("id")
        .with_hint(format!("write `id: {expected}`, or rename the file to {}.md", task.id));
    Err(vec![problem.at_line(line.unwrap_or(1))])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn with_an_index_only_what_changed_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |number: usize, title: &str| {
            let path = folder.path().join(format!("{}/TASK-{number}.md", Layout::TASKS));
            fs::write(path, format!("---\nid: TASK-{number}\ntitle: {title}\n---\n")).unwrap();
        };
        // As if asked long after the last write: nothing is too young for the index.
        let index = folder.path().join("index");
        let read = || Tasks::from_work_tree(folder.path(), &index, i64::MAX).unwrap();
        let count = STALE_ENOUGH + WORTH_THREADS;
        fs::create_dir_all(folder.path().join(Layout::TASKS)).unwrap();
        (0..count).for_each(|number| write(number, "Old"));
        assert_eq!(read().fresh.len(), count);
        assert_eq!(read().fresh.len(), 0);
        write(7, "Another");
        let tasks = read();
        assert_eq!(tasks.fresh.len(), 1);
        let (summaries, problems) = tasks.read();
        let titles: Vec<_> =
            summaries.iter().filter(|task| task.title != "Old").map(|task| task.id).collect();
        assert_eq!((titles, summaries.len(), problems), (vec!["TASK-7"], count, vec![]));
    }
}
