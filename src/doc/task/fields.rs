//! Typed access to the keys of a document, and to the mappings of a list such as the moves of a task. Problems are gathered
//! instead of stopping at the first.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

use crate::doc::printable::printable;
use crate::doc::yaml::entries::Style;
use crate::doc::yaml::entries::{self, Item};
use crate::doc::yaml::{self, Node};
use crate::doc::{Document, lines};
use crate::model::{Problem, Severity};

/// Most problems of list items that are reported.
const MOST_PROBLEMS: usize = 200;

/// A document's fields and what is wrong with them so far.
pub(in crate::doc) struct Fields<'d> {
    document: &'d Document,
    problems: Vec<Problem>,
    /// Where the items of the list that was last asked about are.
    items: Option<(String, Vec<Item>)>,
}

impl<'d> Fields<'d> {
    /// Makes fields of a document in which some problems are known already.
    pub(in crate::doc) fn new(document: &'d Document, problems: Vec<Problem>) -> Self {
        Self { document, problems, items: None }
    }

    /// Returns all problems, in the order of their lines.
    pub(in crate::doc) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.sort_by(|a, b| (a.line, &a.key).cmp(&(b.line, &b.key)));
        problems
    }

    /// Whether a problem is one too many to look up its line. The first error is never too many.
    fn is_surplus(&self, problem: &Problem) -> bool {
        let is_error = |problem: &Problem| problem.severity == Severity::Error;
        let counts = !is_error(problem) || self.problems.iter().any(is_error);
        self.problems.len() >= MOST_PROBLEMS && counts
    }

    /// Takes note of a problem with a key, at the key's line unless the problem has one.
    pub(in crate::doc) fn report(&mut self, key: &str, problem: Problem) {
        let problem = if problem.key.is_none() { problem.on_key(key) } else { problem };
        let line = problem.line.or_else(|| self.document.line_of(key)).unwrap_or(1);
        self.problems.push(problem.at_line(line));
    }

    /// Returns a key's value, unless it is absent or nothing.
    pub(in crate::doc) fn value(&self, key: &str) -> Option<&'d Node> {
        self.document.value(key).filter(|value| **value != Node::Null)
    }

    /// Takes note of a key that must be there and is not, or says nothing.
    pub(in crate::doc) fn require(&mut self, key: &str, message: &str, hint: &str) {
        let is_blank = |node: &Node| match node.as_text() {
            Some(text) => text.trim().is_empty(),
            None => *node == Node::Null,
        };
        let missing = self.document.value(key).is_none_or(is_blank);
        if missing && !self.document.is_unread(key) {
            let line = self.document.line_of(key).unwrap_or(1);
            self.report(key, Problem::error(message).at_line(line).with_hint(hint));
        }
    }

    /// Takes note of every one of these keys that is absent from a record, each with an example of its value.
    pub(in crate::doc) fn require_all(&mut self, what: &str, keys: &[(&str, &str)]) {
        for (key, example) in keys {
            let hint = format!("add a line such as `{key}: {example}`");
            self.require(key, &format!("the {what} has no `{key}`"), &hint);
        }
    }

    /// Returns a key's text. A number or boolean is taken as it is written.
    pub(in crate::doc) fn text(&mut self, key: &str) -> Option<&'d str> {
        let value = self.value(key)?;
        match value.as_text() {
            Some(text) => Some(text).filter(|text| !text.trim().is_empty()),
            None => {
                self.report(key, expected("text", value));
                None
            }
        }
    }

    /// Returns a key's text as `read` understands it; a text that it does not understand is a problem.
    pub(in crate::doc) fn parsed<T>(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let text = self.text(key)?;
        read(text).map_err(|problem| self.report(key, problem)).ok()
    }

    /// Returns the texts of a list; a single text is a list of one.
    pub(in crate::doc) fn list(&mut self, key: &str) -> Vec<(usize, &'d str)> {
        let nodes = match self.value(key) {
            None => return Vec::new(),
            Some(Node::List(nodes)) => nodes.as_slice(),
            Some(node) => {
                if let Some(text) = node.as_text().filter(|text| text.contains(',')) {
                    let problem = Problem::warning(format!("`{key}` is one text, not a list"));
                    let hint = format!("write it in brackets: {key}: [{}]", printable(text));
                    self.report(key, problem.on_key(key).with_hint(hint));
                }
                std::slice::from_ref(node)
            }
        };
        let mut texts = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            match node.as_text() {
                Some(text) if !text.trim().is_empty() => texts.push((index, text)),
                None if *node != Node::Null => self.report_item(key, index, expected("text", node)),
                _ => self.report_item(key, index, Problem::warning("the item is empty; it is left out")),
            }
        }
        texts
    }

    /// Takes note of a problem with one item of a list.
    pub(in crate::doc) fn report_item(&mut self, key: &str, index: usize, problem: Problem) {
        if self.is_surplus(&problem) {
            return;
        }
        let line = self.line_in_item(key, index, None);
        let problem = Problem { line: problem.line.or(line), ..problem };
        self.report(key, problem.on_key(format!("{key}[{index}]")));
    }

    /// Takes note of a problem with one field of a mapping in a list.
    pub(in crate::doc) fn report_field(&mut self, key: &str, index: usize, field: &str, problem: Problem) {
        if self.is_surplus(&problem) {
            return;
        }
        let line = self.line_in_item(key, index, Some(field));
        let problem = Problem { line, ..problem };
        self.report(key, problem.on_key(format!("{key}[{index}].{field}")));
    }

    /// Whether a key's value is in quotes.
    pub(in crate::doc) fn is_quoted(&self, key: &str) -> bool {
        self.document.entry(key).is_some_and(|entry| matches!(entry.style, Style::Single | Style::Double))
    }

    /// Returns the line on which an item of a list is.
    pub(in crate::doc) fn line_of_item(&mut self, key: &str, index: usize) -> Option<usize> {
        self.line_in_item(key, index, None)
    }

    fn line_in_item(&mut self, key: &str, index: usize, field: Option<&str>) -> Option<usize> {
        let text = self.document.text();
        if self.items.as_ref().is_none_or(|(of, _)| of != key) {
            self.items = Some((key.to_owned(), entries::items(text, self.document.entry(key)?)?));
        }
        let (_, items) = self.items.as_ref()?;
        let item = items.get(index)?;
        let within = field.and_then(|field| yaml::position_of_key(&text[item.value.clone()], field));
        Some(lines::number_at(text, item.value.start + within.unwrap_or(0)))
    }
}

/// Makes the problem of a value of the wrong kind.
pub(in crate::doc) fn expected(what: &str, found: &Node) -> Problem {
    Problem::error(format!("expected {what}, found {}", found.kind()))
}

/// Writes a time as [`moment`] reads it.
pub(in crate::doc) fn moment_text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Reads a moment: a time with its offset from UTC, one without (which is UTC), or a day (its beginning).
pub(in crate::doc) fn moment(text: &str) -> Result<DateTime<Utc>, Problem> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = || formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let time = day.or_else(local);
    time.map(|time| time.and_utc()).ok_or_else(|| {
        let problem = Problem::error(format!("`{}` is no time", printable(text)));
        problem.with_hint("write a time such as `2026-11-11T15:30:00Z`, or a day such as `2026-11-11`")
    })
}

/// What the mappings of a list are, for messages.
#[derive(Debug, Clone, Copy)]
pub(in crate::doc) struct EntryKind {
    /// The list's key.
    pub(in crate::doc) list: &'static str,
    /// What one of them is.
    pub(in crate::doc) one: &'static str,
    /// What several of them are.
    pub(in crate::doc) plural: &'static str,
    /// How one is written.
    pub(in crate::doc) example: &'static str,
}

/// One mapping of a list.
#[derive(Debug, Clone, Copy)]
pub(in crate::doc) struct Entry<'n> {
    kind: EntryKind,
    index: usize,
    pairs: &'n [(Node, Node)],
}

/// Returns the mappings of a list; a single mapping is a list of one. Whatever else is there is reported.
pub(in crate::doc) fn entries<'d>(fields: &mut Fields<'d>, kind: EntryKind) -> Vec<Entry<'d>> {
    let nodes = match fields.value(kind.list) {
        None => return Vec::new(),
        Some(Node::List(nodes)) => nodes.as_slice(),
        Some(node @ Node::Map(_)) => std::slice::from_ref(node),
        Some(other) => {
            fields.report(kind.list, expected(&format!("a list of {}", kind.plural), other));
            return Vec::new();
        }
    };
    let mut found = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        match node {
            Node::Map(pairs) => found.push(Entry { kind, index, pairs }),
            other => {
                let what = format!("a {} such as `{}`", kind.one, kind.example);
                fields.report_item(kind.list, index, expected(&what, other));
            }
        }
    }
    found
}

impl<'n> Entry<'n> {
    /// Returns a field's value.
    pub(in crate::doc) fn value(&self, field: &str) -> Option<&'n Node> {
        self.pairs.iter().find(|(name, _)| name.as_text() == Some(field)).map(|(_, value)| value)
    }

    /// Returns a field's text as `read` understands it; its absence is a problem.
    pub(in crate::doc) fn required<T>(
        &self,
        fields: &mut Fields<'_>,
        field: &str,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        self.read(fields, field, |node| node.as_text().ok_or_else(|| expected("text", node)).and_then(&read))
    }

    /// Returns a field's value as `read` understands it; its absence is a problem.
    pub(in crate::doc) fn read<T>(
        &self,
        fields: &mut Fields<'_>,
        field: &str,
        read: impl Fn(&'n Node) -> Result<T, Problem>,
    ) -> Option<T> {
        let result = match self.value(field) {
            None | Some(Node::Null) => Err(Problem::error(format!("the {} has no `{field}`", self.kind.one))),
            Some(node) => read(node),
        };
        result.map_err(|problem| self.report(fields, field, problem)).ok()
    }

    /// Returns a field's text as `read` understands it, unless it is absent or nothing.
    pub(in crate::doc) fn optional<T>(
        &self,
        fields: &mut Fields<'_>,
        field: &str,
        read: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        self.value(field).filter(|node| **node != Node::Null)?;
        self.required(fields, field, read)
    }

    /// Returns the time that a field contains; its absence is a problem.
    pub(in crate::doc) fn moment(&self, fields: &mut Fields<'_>, field: &str) -> Option<DateTime<Utc>> {
        self.required(fields, field, moment)
    }

    /// Takes note of a problem with a field.
    pub(in crate::doc) fn report(&self, fields: &mut Fields<'_>, field: &str, problem: Problem) {
        fields.report_field(self.kind.list, self.index, field, problem);
    }
}
