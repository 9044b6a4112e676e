//! A text that is being edited, with the values it is meant to have.

use std::ops::Range;

use super::Edit;
use crate::doc::source::Kind;
use crate::doc::yaml::Node;
use crate::doc::yaml::entries::{self, Entry};
use crate::doc::{Document, lines};
use crate::model::{Problem, TaskId};

/// The text so far, and what it is meant to say.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) front: Range<usize>,
    pub(super) body: usize,
    pub(super) root: Vec<(Node, Node)>,
}

impl Draft {
    pub(super) fn of(document: &Document) -> Self {
        let source = document.source();
        // Only the fences of Markdown stand between front matter and body.
        let kind = if source.body == source.front.end { Kind::Yaml } else { Kind::Markdown };
        Self {
            text: source.text.clone(),
            kind,
            front: source.front.clone(),
            body: source.body,
            root: document.root().to_vec(),
        }
    }

    pub(super) fn apply(&mut self, edit: &Edit) -> Result<(), Problem> {
        match edit {
            Edit::Set { key, value } => self.set(key, value),
            Edit::Remove { key } => self.remove(key),
            Edit::AddItem { key, item } => self.add_item(key, item),
            Edit::RemoveItem { key, item } => self.remove_item(key, item),
            Edit::Append { key, entry } => self.append(key, entry),
            Edit::Tick { number, done } => self.tick(*number, *done),
            Edit::AppendToSection { heading, text } => self.append_to_section(heading, text),
            Edit::ReplaceBody(body) => self.replace_body(body),
        }
    }

    /// Returns the index of a key among the values.
    pub(super) fn index_of(&self, key: &str) -> Option<usize> {
        self.root.iter().position(|(name, _)| name.as_text() == Some(key))
    }

    /// Finds the entries of the text, if they are the ones the parser found.
    pub(super) fn entries(&self, key: &str) -> Result<Vec<Entry>, Problem> {
        let same = |entries: &Vec<Entry>| {
            entries.len() == self.root.len()
                && entries.iter().zip(&self.root).all(|(entry, (name, _))| name.as_text() == Some(&entry.key))
        };
        let found = entries::scan(&self.text, self.front.clone()).filter(same);
        found.ok_or_else(|| self.refuse(Some(key), "not every key stands on a line of its own"))
    }

    /// Finds one entry of the text.
    pub(super) fn entry(&self, index: usize) -> Result<Entry, Problem> {
        let key = self.root[index].0.as_text().unwrap_or_default();
        Ok(self.entries(key)?.swap_remove(index))
    }

    /// Replaces a part of the front matter.
    pub(super) fn splice(&mut self, range: Range<usize>, with: &str) {
        let (removed, added) = (range.len(), with.len());
        self.text.replace_range(range, with);
        self.front.end = self.front.end + added - removed;
        self.body = self.body + added - removed;
    }

    /// Adds a line to the front matter at the beginning of a line, or at the end of a text that lacks its last
    /// line ending and goes on lacking it.
    pub(super) fn insert_line(&mut self, at: usize, line: &str) {
        let ending = lines::ending_near(&self.text, at);
        let unfinished = at > self.front.start && !self.text[..at].ends_with('\n');
        let with = if unfinished { format!("{ending}{line}") } else { format!("{line}{ending}") };
        self.splice(at..at, &with);
    }

    /// Makes the problem of a value that cannot be edited safely, or of the body.
    pub(super) fn refuse(&self, key: Option<&str>, why: &str) -> Problem {
        let line = key.map_or_else(|| lines::number_at(&self.text, self.body), |key| self.line_of(key));
        let subject = if key.is_some() { "" } else { "the body " };
        let problem = Problem::error(format!("{subject}cannot be changed here: {why}"));
        let problem = problem.at_line(line).with_hint(self.hint());
        match key {
            Some(key) => problem.on_key(key),
            None => problem,
        }
    }

    /// Returns the hint to do by hand what cannot be done here.
    pub(super) fn hint(&self) -> String {
        let id = self.index_of("id").and_then(|index| self.root[index].1.as_text());
        match id.and_then(|id| TaskId::parse(id).ok()) {
            Some(id) => format!("change it by hand: `tracker edit {id}`"),
            None => "change it by hand".to_owned(),
        }
    }

    fn line_of(&self, key: &str) -> usize {
        let entries = entries::scan(&self.text, self.front.clone()).unwrap_or_default();
        let entry = entries.iter().find(|entry| entry.key == key);
        lines::number_at(&self.text, entry.map_or(self.front.start, |entry| entry.start))
    }
}
