//! The names of task files, sorted: one after the other in one text, because many small texts cost more than
//! reading the folder does.

use super::folder::Folder;
use super::source::Source;
use super::{EntryKind, Result, unexpected_among};
use crate::model::{Problem, RecordKind, TaskId};

/// What the tasks' folder contains.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    rows: Vec<Row>,
    /// What else is there, by name.
    others: Vec<(String, EntryKind)>,
}

/// One name: where it is in the text, and its beginning as a number of the same order, which is enough to sort
/// nearly all names without looking each up.
#[derive(Debug, Clone, Copy)]
struct Row {
    first: u128,
    start: usize,
    end: usize,
}

impl Names {
    /// Lists a folder of tasks.
    pub(super) fn of(folder: &Folder) -> Result<Self> {
        let mut names = Self::default();
        folder.visit(|name, kind| names.add(name, kind))?;
        Ok(names.sorted())
    }

    /// Sorts out what was listed elsewhere.
    pub(super) fn among<'a>(entries: impl Iterator<Item = (&'a str, EntryKind)>) -> Self {
        let mut names = Self::default();
        entries.for_each(|(name, kind)| names.add(name, kind));
        names.sorted()
    }

    /// Returns the names of task files, sorted.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| &self.text[row.start..row.end])
    }

    /// Returns how many there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns what is wrong with everything in the folder that is no task, sorted. What other folders hold is looked
    /// at only here, where there are any.
    pub(super) fn unexpected(self, source: &Source) -> Result<Vec<Problem>> {
        let mut entries = Vec::new();
        for (name, kind) in self.others {
            let path = format!("{}/{name}", RecordKind::Task.folder());
            if kind == EntryKind::Folder {
                entries.extend(source.walk(&path)?);
            }
            entries.push((path, kind));
        }
        entries.sort();
        Ok(unexpected_among(&entries))
    }

    /// Whether a name is a task file's. Every listing calls this of every file.
    pub(super) fn is_task(name: &str) -> bool {
        name.strip_suffix(RecordKind::Task.endings()[0]).is_some_and(|id| TaskId::check(id).is_ok())
    }

    fn add(&mut self, name: &str, kind: EntryKind) {
        if kind == EntryKind::File && Self::is_task(name) {
            let start = self.text.len();
            self.text.push_str(name);
            self.rows.push(Row { first: first_bytes(name), start, end: self.text.len() });
        } else {
            self.others.push((name.to_owned(), kind));
        }
    }

    fn sorted(mut self) -> Self {
        let name = |row: &Row| &self.text[row.start..row.end];
        self.rows.sort_unstable_by(|a, b| a.first.cmp(&b.first).then_with(|| name(a).cmp(name(b))));
        self
    }
}

fn first_bytes(name: &str) -> u128 {
    let mut first = [0; 16];
    first.iter_mut().zip(name.bytes()).for_each(|(place, byte)| *place = byte);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Names;
    use crate::store::EntryKind;
    use crate::store::source::Source;

    #[test]
    fn names_come_sorted_and_other_files_apart() {
        let long = |end: &str| format!("A-{}{end}.md", "0".repeat(20));
        let (one, two) = (long("1"), long("2"));
        let names = ["T-10.md", &two, ".T-3.md", "T-1.md", "notes.txt", &one, "T-2.md"];
        let names = Names::among(names.into_iter().map(|name| (name, EntryKind::File)));
        assert_eq!(names.iter().collect::<Vec<_>>(), [&one, &two, "T-1.md", "T-10.md", "T-2.md"]);
        assert_eq!(names.len(), 5);
        let unexpected = names.unexpected(&Source::WorkTree(PathBuf::new())).unwrap();
        let files: Vec<&str> = unexpected.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(files, [".tracker/tasks/notes.txt"]);
    }
}
