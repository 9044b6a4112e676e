//! The names of task files, sorted: one behind the other in one text, because so many small texts cost more than
//! reading the folder does.

use super::folder::Folder;
use super::{EntryKind, Layout, Result};
use crate::model::{Problem, TaskId};

/// What the tasks' folder holds.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    rows: Vec<Row>,
    strays: Vec<Problem>,
}

/// One name: where it stands in the text, and its beginning as a number of the same order, which is enough to sort
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

    /// Returns what is wrong with files that do not belong, sorted.
    pub(super) fn into_strays(self) -> Vec<Problem> {
        self.strays
    }

    /// Tells a task file from what does not belong. Names that begin with a dot are nobody's record.
    fn add(&mut self, name: &str, kind: EntryKind) {
        if name.starts_with('.') {
            return;
        }
        let stray = match (kind, name.strip_suffix(".md").map(TaskId::check)) {
            (EntryKind::File, Some(Ok(()))) => {
                let start = self.text.len();
                self.text.push_str(name);
                self.rows.push(Row { first: first_bytes(name), start, end: self.text.len() });
                return;
            }
            (EntryKind::File, Some(Err(error))) => {
                Problem::error(format!("the file's name is no task id: {error}"))
            }
            (EntryKind::File, None) => Problem::warning("is not a task: the name does not end in `.md`"),
            (EntryKind::Link, _) => Problem::error("is a symbolic link; links are not followed"),
            (EntryKind::Folder, _) => Problem::error("is a folder where a task's file should be"),
            (EntryKind::Other, _) => Problem::error("is not a regular file"),
        };
        self.strays.push(stray.in_file(format!("{}/{name}", Layout::TASKS)));
    }

    fn sorted(mut self) -> Self {
        let name = |row: &Row| &self.text[row.start..row.end];
        self.rows.sort_unstable_by(|a, b| a.first.cmp(&b.first).then_with(|| name(a).cmp(name(b))));
        self.strays.sort();
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
    use super::Names;
    use crate::store::EntryKind;

    #[test]
    fn names_come_sorted_and_strays_apart() {
        let long = |end: &str| format!("A-{}{end}.md", "0".repeat(20));
        let (one, two) = (long("1"), long("2"));
        let names = ["T-10.md", &two, ".T-3.md", "T-1.md", "notes.txt", &one, "T-2.md"];
        let names = Names::among(names.into_iter().map(|name| (name, EntryKind::File)));
        assert_eq!(names.iter().collect::<Vec<_>>(), [&one, &two, "T-1.md", "T-10.md", "T-2.md"]);
        assert_eq!(names.len(), 5);
        let strays = names.into_strays();
        assert_eq!(strays.len(), 1);
        assert_eq!(strays[0].file, ".tracker/tasks/notes.txt");
    }
}
