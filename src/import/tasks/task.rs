//! A task as another tracker has it: what every reader makes and the one writer takes.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::doc::cards::value::is_unsafe;
use crate::doc::{is_like_conflict_marker, words_of_others};
use crate::model::Field;

/// How far a task has come in its own tracker.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Progress {
    /// Not begun.
    #[default]
    Open,
    /// Begun.
    Begun,
    /// Done, at a time where the tracker tells it.
    Done(Option<DateTime<Utc>>),
    /// Waiting, and for what.
    Blocked(String),
    /// Given up, and why.
    Cancelled(String),
}

impl Progress {
    /// Returns one word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Begun => "begun",
            Self::Done(_) => "done",
            Self::Blocked(_) => "blocked",
            Self::Cancelled(_) => "cancelled",
        }
    }
}

/// A task of another tracker, as its reader understood it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportedTask {
    /// What it is called in its tracker, whole: the `source` without the name of the format.
    pub key: String,
    /// The id that people know it by, where it has one that may be like ours.
    pub id: Option<String>,
    /// The file that it was read from.
    pub file: String,
    /// Its line there, counted from 1.
    pub line: usize,
    /// One line.
    pub title: String,
    /// Values of other fields, as people write them.
    pub fields: BTreeMap<Field, Vec<String>>,
    /// The key of the task that it is a part of.
    pub parent: Option<String>,
    /// The keys of the tasks that must be done first.
    pub depends_on: Vec<String>,
    /// How far it has come.
    pub progress: Progress,
    /// The day on which it was written down.
    pub created: Option<NaiveDate>,
    /// The headings above it, outermost first.
    pub groups: Vec<String>,
    sections: Vec<(String, Vec<String>)>,
}

/// The sections of a text, in the order of a task card; others follow.
const ORDER: [&str; 6] =
    ["Description", "Deliverables", "Acceptance criteria", "Technical details", "Testing", "Next steps"];
/// The section of what was kept as it is.
const KEPT: &str = "Imported";

impl ImportedTask {
    /// Makes a task without more than its name.
    pub(super) fn new(key: impl Into<String>, line: usize, title: &str) -> Self {
        Self { key: key.into(), line, title: one_line(title), ..Self::default() }
    }

    /// Returns its title, or what it is called where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.title.is_empty() { &self.key } else { &self.title }
    }

    /// Gives a field a value, unless there is none.
    pub(super) fn set(&mut self, field: Field, value: impl Into<String>) {
        let value = value.into();
        if !value.trim().is_empty() {
            self.fields.insert(field, vec![value]);
        }
    }

    /// Adds values to a list, those that are not there yet.
    pub(super) fn add(&mut self, field: Field, values: impl IntoIterator<Item = String>) {
        let list = self.fields.entry(field).or_default();
        for value in values {
            if !value.trim().is_empty() && !list.contains(&value) {
                list.push(value);
            }
        }
        if list.is_empty() {
            self.fields.remove(&field);
        }
    }

    /// Adds lines to a section of the text, below what it has.
    pub(super) fn write(&mut self, section: &str, lines: impl IntoIterator<Item = String>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_none() {
            return;
        }
        let at = self.sections.iter().position(|(name, _)| name == section).unwrap_or_else(|| {
            self.sections.push((section.to_owned(), Vec::new()));
            self.sections.len() - 1
        });
        self.sections[at].1.extend(lines);
    }

    /// Adds a text to a section, with a blank line before it where there is something.
    pub(super) fn write_text(&mut self, section: &str, text: &str) {
        let text = text.trim_matches(['\n', ' ', '\t']);
        if text.is_empty() {
            return;
        }
        let is_first = self.sections.iter().all(|(name, _)| name != section);
        let gap = if is_first { None } else { Some(String::new()) };
        self.write(section, gap.into_iter().chain(text.split('\n').map(str::to_owned)));
    }

    /// Adds a text that anybody may have written: it stays in its section and has no boxes.
    pub(super) fn write_words(&mut self, section: &str, text: &str) {
        self.write_text(section, &words_of_others(&text.replace("\r\n", "\n")));
    }

    /// Adds a comment on the task.
    pub(super) fn write_comment(&mut self, author: &str, at: &str, text: &str) {
        self.write_words("Comments", &format!("{}, {}:\n\n{text}", one_line(author), one_line(at)));
    }

    /// Adds a checkbox to a section.
    pub(super) fn write_box(&mut self, section: &str, text: &str, done: bool) {
        let mark = if done { 'x' } else { ' ' };
        self.write(section, [format!("- [{mark}] {}", one_line(text))]);
    }

    /// Keeps a value that no field has, under the name that its tracker gives it.
    pub fn keep(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let name = one_line(name);
        let value = words_of_others(value);
        if value.contains('\n') {
            let text = value.split('\n').map(|line| format!("  {line}"));
            self.write(KEPT, std::iter::once(format!("- {name}:")).chain(text));
        } else {
            self.write(KEPT, [format!("- {name}: {value}")]);
        }
    }

    /// Returns the Markdown of the task, with a blank line before each section.
    #[must_use]
    pub fn body(&self) -> String {
        let rank = |name: &str| match ORDER.iter().position(|known| *known == name) {
            Some(at) => at,
            None => ORDER.len() + usize::from(name == KEPT),
        };
        let mut sections: Vec<_> = self.sections.iter().collect();
        sections.sort_by_key(|(name, _)| rank(name));
        let mut body = String::new();
        for (name, lines) in sections {
            body.push_str(&format!("\n## {}\n\n", one_line(name)));
            for line in lines {
                if is_like_conflict_marker(line) {
                    body.push(' ');
                }
                body.push_str(line.trim_end());
                body.push('\n');
            }
        }
        body
    }
}

/// Returns a text as one line that no terminal obeys.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(char::is_whitespace).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(|word| word.chars().filter(|c| !is_unsafe(*c)).collect()).collect();
    words.join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{ImportedTask, one_line};

    #[test]
    fn a_text_is_in_the_order_of_a_card() {
        let mut task = ImportedTask::new("a", 1, " A\tb\u{1b}[2J ");
        assert_eq!(task.title, "A b[2J");
        task.keep("weight", "3");
        task.write_box("Acceptance criteria", "works", true);
        task.write_text("Notes", "<<<<<<< HEAD\nx");
        task.write_text("Description", "first");
        task.write_text("Description", "second\n");
        assert_eq!(
            task.body(),
            "\n## Description\n\nfirst\n\nsecond\n\n## Acceptance criteria\n\n- [x] works\n\n## Notes\n\n <<<<<<< HEAD\nx\n\n\
             ## Imported\n\n- weight: 3\n"
        );
        assert_eq!(one_line("a\n\n b"), "a b");
    }

    #[test]
    fn words_of_others_stay_in_their_section() {
        let mut task = ImportedTask::new("a", 1, "A");
        task.write_words("Description", "x\r\n\r\n# Deliverables\r\n\r\n- [x] y\r\n\r\n```\r\nz");
        task.write_comment("eve\n## Notes", "today", "## Acceptance criteria\n\n- [ ] w");
        task.keep("reason", "a\n## Deliverables\n- [x] v");
        let body = task.body();
        let names: Vec<String> = crate::doc::sections(&body).into_iter().map(|found| found.heading).collect();
        assert_eq!(names, ["Description", "Comments", "Imported"]);
        assert_eq!(crate::doc::checkboxes(&body), []);
    }
}
