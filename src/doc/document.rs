//! A parsed text that still knows where everything stands.

use std::ops::Range;
use std::sync::OnceLock;

use super::lines;
use super::source::{self, Kind, Source};
use super::yaml::entries::{self, Entry};
use super::yaml::{self, Failure, Node};
use crate::model::Problem;

/// A document: its exact text, what its YAML says, and where each top-level entry stands.
#[derive(Debug, Clone)]
pub struct Document {
    source: Source,
    root: Vec<(Node, Node)>,
    entries: OnceLock<Option<Vec<Entry>>>,
}

impl Document {
    /// Reads YAML front matter between two `---` lines and the Markdown below it.
    ///
    /// # Errors
    /// All that is wrong with the text, each problem with its line. The file is left for the caller to fill in.
    pub fn markdown(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        Self::whole(bytes, Kind::Markdown)
    }

    /// Reads a file that is one YAML mapping.
    ///
    /// # Errors
    /// As [`Document::markdown`].
    pub fn yaml(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        Self::whole(bytes, Kind::Yaml)
    }

    fn whole(bytes: &[u8], kind: Kind) -> Result<Self, Vec<Problem>> {
        let (document, problems) = Self::open(bytes, kind)?;
        if problems.is_empty() { Ok(document) } else { Err(problems) }
    }

    /// Reads what can be read: beside the problems there is a document of the entries that are sound.
    pub(super) fn open(bytes: &[u8], kind: Kind) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let source = source::check(bytes, kind)?;
        let front = &source.text[source.front.clone()];
        let (root, problems) = match yaml::parse(front) {
            Ok(Node::Map(root)) => (root, Vec::new()),
            Ok(Node::Null) => (Vec::new(), Vec::new()),
            Ok(other) => {
                let message = format!("expected `key: value` lines, found {}", other.kind());
                let line = lines::number_at(&source.text, source.front.start);
                return Err(vec![Problem::error(message).at_line(line)]);
            }
            Err(failure) => salvage(&source, &failure),
        };
        Ok((Self { source, root, entries: OnceLock::new() }, problems))
    }

    /// Returns the exact text, a byte order mark included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Returns the text below the front matter; empty where the whole file is YAML.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.source.text[self.source.body..]
    }

    /// Returns the line of the file, counted from 1, on which a top-level key stands.
    #[must_use]
    pub fn line_of(&self, key: &str) -> Option<usize> {
        self.entry(key).map(|entry| lines::number_at(self.text(), entry.start))
    }

    /// Returns the line of the file on which the body begins.
    #[must_use]
    pub fn body_line(&self) -> usize {
        lines::number_at(self.text(), self.source.body)
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    pub(super) fn root(&self) -> &[(Node, Node)] {
        &self.root
    }

    pub(super) fn value(&self, key: &str) -> Option<&Node> {
        self.root.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        let scan = || entries::scan(&self.source.text, self.source.front.clone());
        self.entries.get_or_init(scan).as_ref()?.iter().find(|entry| entry.key == key)
    }
}

/// Reads the entries of a broken mapping one by one, so that every broken one is named at once.
fn salvage(source: &Source, whole: &Failure) -> (Vec<(Node, Node)>, Vec<Problem>) {
    let text = &source.text;
    let first_line = lines::number_at(text, source.front.start);
    let mut root: Vec<(Node, Node)> = Vec::new();
    let mut problems = Vec::new();
    // Entry by entry costs more than it tells where a machine wrote thousands.
    let is_small = source.front.len() <= source::FRONT_MATTER_CAP;
    let entries = if is_small { entries::scan(text, source.front.clone()) } else { None };
    for entry in entries.unwrap_or_default() {
        let line = lines::number_at(text, entry.start);
        if root.iter().any(|(key, _)| key.as_text() == Some(&entry.key)) {
            let message = format!("the key `{}` is there twice", entry.key);
            problems.push(
                Problem::error(message).at_line(line).on_key(entry.key).with_hint("keep one of the two"),
            );
            continue;
        }
        match parse_one(text, entry.start..entry.end) {
            Ok(pair) => root.extend(pair),
            Err(failure) => problems.push(explain(&failure, line).on_key(entry.key)),
        }
    }
    if problems.is_empty() {
        problems.push(explain(whole, first_line));
    }
    (root, problems)
}

fn parse_one(text: &str, span: Range<usize>) -> Result<Option<(Node, Node)>, Failure> {
    match yaml::parse(&text[span]) {
        Ok(Node::Map(mut pairs)) => Ok(pairs.pop()),
        Ok(_) => Ok(None),
        // Its anchor stands in another entry.
        Err(failure) if failure.message.contains("unknown anchor") => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Says what the YAML parser means, in the file's lines and with what usually helps.
fn explain(failure: &Failure, first_line: usize) -> Problem {
    let message = failure.message.as_str();
    let hint = if message.contains("mapping values are not allowed") {
        Some("a text that holds `: ` needs quotes")
    } else if message.contains("cannot start any token") {
        Some(
            "a text that begins with a tab, `@`, `` ` `` or `%` needs quotes, and YAML is indented with spaces",
        )
    } else if message.contains("unknown anchor") {
        Some("a text that begins with `*` or `&` needs quotes")
    } else if message.contains("unexpected end of stream") || message.contains("did not find expected ',' or")
    {
        Some("a quote or bracket is not closed")
    } else if message.contains("did not find expected") {
        Some("check indentation, quotes and brackets here and on the line above")
    } else {
        None
    };
    let problem = Problem::error(message).at_line(first_line + failure.line - 1);
    match hint {
        Some(hint) => problem.with_hint(hint),
        None => problem,
    }
}
