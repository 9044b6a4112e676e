//! A workflow's document: all that is wrong with it at once, each with line and column.
//!
//! The document is read as a tree; what is wrong is gathered with the way to its value in the tree, and only where
//! there is something are lines and columns looked up. What the keys are is one table ([`keys`]), of which the schema for
//! editors is made; [`graph`] looks at the steps together.

mod expression;
mod graph;
mod keys;
mod steps;
mod values;

pub use keys::workflow_schema;

use std::collections::BTreeSet;

use super::printable::printable;
use super::source::{self, Kind};
use super::yaml::{self, Node, PositionTree, Segment};
use crate::model::{Problem, Severity, TaskId, Workflow, nearest};
use keys::Key;

/// Reads a workflow. Beside it are warnings.
///
/// # Errors
/// All problems of the document, warnings included, each with its line, and its column where that is known.
pub fn read_workflow(bytes: &[u8]) -> Result<(Workflow, Vec<Problem>), Vec<Problem>> {
    read(bytes, Problems::default())
}

/// Reads a workflow, and reports a task that is none of these.
///
/// # Errors
/// As [`read_workflow`].
pub fn read_workflow_of(
    bytes: &[u8],
    tasks: BTreeSet<TaskId>,
) -> Result<(Workflow, Vec<Problem>), Vec<Problem>> {
    read(bytes, Problems { tasks: Some(tasks), ..Problems::default() })
}

fn read(bytes: &[u8], mut problems: Problems) -> Result<(Workflow, Vec<Problem>), Vec<Problem>> {
    let source = source::check(bytes, Kind::Yaml)?;
    let text = &source.text[source.front.clone()];
    let root = yaml::parse_workflow(text).map_err(|failure| vec![unreadable(&failure, text)])?;
    let workflow = steps::workflow(&root, &mut problems);
    let problems = problems.placed(text);
    match workflow {
        Some(workflow) if problems.iter().all(|problem| problem.severity == Severity::Warning) => {
            Ok((workflow, problems))
        }
        _ => Err(problems),
    }
}

/// Says in plain words why a text is no YAML.
fn unreadable(failure: &yaml::Failure, text: &str) -> Problem {
    let line = text.lines().nth(failure.line - 1).unwrap_or_default();
    let column = failure.column.unwrap_or(1);
    let (message, hint) = match failure.message.as_str() {
        "found character that cannot start any token" if line.trim_start_matches(' ').starts_with('\t') => {
            ("a tab cannot indent a line".to_owned(), "write spaces")
        }
        "found character that cannot start any token" => {
            let character = line.chars().nth(column - 1).map_or_else(String::new, |c| format!(" `{c}`"));
            (format!("no value begins with{}", printable(&character)), "put the text into quotes")
        }
        "did not find expected key" => (
            "this is neither a key nor a part of the value before it".to_owned(),
            "indent the keys of one step alike; put text with `: ` or quotes in it into quotes",
        ),
        "found unexpected end of stream" => {
            ("the text ends within a quoted text or a bracket".to_owned(), "close it")
        }
        "unknown anchor" => (
            "there is no anchor of this name".to_owned(),
            "text that begins with `*` or `&` belongs into quotes",
        ),
        "mapping values are not allowed in this context" => {
            ("a second `: ` in one line".to_owned(), "put the text into quotes, or the key on its own line")
        }
        other => return Problem::error(other.to_owned()).at_line(failure.line).at_column(column),
    };
    Problem::error(message).with_hint(hint).at_line(failure.line).at_column(column)
}

/// The way to a value in the document.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    parent: Option<&'a At<'a>>,
    segment: Option<Step<'a>>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    pub(super) const ROOT: At<'static> = At { parent: None, segment: None };

    pub(super) fn key(&'a self, key: &'a str) -> At<'a> {
        At { parent: Some(self), segment: Some(Step::Key(key)) }
    }

    fn item(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), segment: Some(Step::Item(index)) }
    }

    fn path(&self) -> Vec<Segment> {
        let mut path = self.parent.map_or_else(Vec::new, At::path);
        path.extend(self.segment.map(|segment| match segment {
            Step::Key(key) => Segment::Key(key.to_owned()),
            Step::Item(index) => Segment::Item(index),
        }));
        path
    }
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<(Vec<Segment>, bool, Problem)>,
    /// The tasks that there are, where that is known.
    tasks: Option<BTreeSet<TaskId>>,
}

impl Problems {
    /// Takes note of a problem with a value.
    fn on_value(&mut self, at: &At<'_>, problem: Problem) {
        self.found.push((at.path(), false, problem));
    }

    /// Takes note of a problem with a key, or with all of its value.
    pub(super) fn on_key(&mut self, at: &At<'_>, problem: Problem) {
        self.found.push((at.path(), true, problem));
    }

    fn has_errors(&self) -> bool {
        self.found.iter().any(|(.., problem)| problem.severity == Severity::Error)
    }

    /// Returns the problems in the order of the document.
    pub(super) fn placed(self, text: &str) -> Vec<Problem> {
        if self.found.is_empty() {
            return Vec::new();
        }
        let place = PositionTree::read(text);
        let mut problems: Vec<Problem> = self
            .found
            .into_iter()
            .map(|(path, is_key, problem)| {
                let problem = problem.on_key(shown(&path));
                match place.as_ref().map(|place| place.find(&path, is_key)) {
                    Some((line, column)) => problem.at_line(line).at_column(column),
                    None => problem.at_line(1),
                }
            })
            .collect();
        problems
            .iter_mut()
            .filter(|problem| problem.key.as_deref() == Some(""))
            .for_each(|problem| problem.key = None);
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems
    }

    /// Returns the entries of a mapping whose keys are texts, and takes note of keys that are not.
    fn entries<'n>(&mut self, node: &'n Node, at: &At<'_>, what: &str) -> Vec<(&'n str, &'n Node)> {
        let Node::Map(pairs) = node else {
            self.on_value(at, Problem::error(format!("expected {what}, found {}", node.kind())));
            return Vec::new();
        };
        let mut entries = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            match key.as_text() {
                Some(key) => entries.push((key, value)),
                None => {
                    let message = format!("expected a name as key, found {}", key.kind());
                    self.on_value(at, Problem::error(message));
                }
            }
        }
        entries
    }

    /// Returns the entries of a mapping whose keys are known, and takes note of those that are not.
    fn known<'n>(&mut self, node: &'n Node, at: &At<'_>, known: &[Key]) -> Vec<(&'n str, &'n Node)> {
        let mut entries = self.entries(node, at, "`key: value` lines");
        entries.retain(|(key, _)| {
            let is_known = known.iter().any(|each| each.name == *key);
            if !is_known {
                let problem = unknown("key", key, known.iter().map(|each| each.name));
                self.on_key(&at.key(key), problem);
            }
            is_known
        });
        entries
    }
}

/// Makes the problem of a word that is none of the known ones.
fn unknown<'k>(what: &str, word: &str, known: impl Iterator<Item = &'k str> + Clone) -> Problem {
    let problem = Problem::error(format!("unknown {what} `{}`", printable(word)));
    match nearest(word, known.clone()) {
        Some(meant) => problem.with_hint(format!("did you mean `{meant}`?")),
        None => {
            let known: Vec<&str> = known.take(16).collect();
            problem.with_hint(format!("expected {}", known.join(", ")))
        }
    }
}

fn shown(path: &[Segment]) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Key(key) if text.is_empty() => text.push_str(&printable(key)),
            Segment::Key(key) => text.push_str(&format!(".{}", printable(key))),
            Segment::Item(index) => text.push_str(&format!("[{}]", index + 1)),
        }
    }
    text
}

#[cfg(test)]
mod tests;
