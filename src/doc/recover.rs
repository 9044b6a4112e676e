//! What can be read of a broken YAML mapping, so that every broken entry is named at once.
//!
//! A parser stops at the first error. Here each entry is parsed by itself: the sound ones are read, the others
//! reported with their own lines.

use std::collections::HashSet;
use std::ops::Range;

use super::lines;
use super::printable::printable;
use super::source::Source;
use super::yaml::{self, Failure, Node, entries};
use crate::model::Problem;

/// Most problems looked for: a file with more of them is not repaired line by line.
const MOST_PROBLEMS: usize = 100;

/// What was found in a broken mapping.
#[derive(Debug, Default)]
pub(super) struct Recovery {
    /// The entries that are sound.
    pub(super) root: Vec<(Node, Node)>,
    seen: HashSet<Node>,
    /// The keys of those that are not.
    pub(super) unread: Vec<String>,
    /// What is wrong, at least one problem.
    pub(super) problems: Vec<Problem>,
}

/// Reads the entries of a front matter that fails as a whole.
pub(super) fn read(source: &Source, whole: &Failure) -> Recovery {
    let text = &source.text;
    let mut found = Recovery::default();
    let scanned = entries::scan(text, source.front.clone());
    let spans = match scanned {
        Some(entries) => entries.into_iter().map(|entry| entry.start..entry.end).collect(),
        None => chunks(text, source.front.clone()),
    };
    let first_line = lines::number_at(text, source.front.start);
    let (mut line, mut counted) = (first_line, source.front.start);
    for span in &spans {
        line += text[counted..span.start].matches('\n').count();
        counted = span.start;
        found.read_entry(&text[span.clone()], line);
        if found.problems.len() >= MOST_PROBLEMS {
            return found;
        }
    }
    if found.problems.is_empty() {
        let at = (1..whole.line).fold(source.front.start, |at, _| lines::next(text, at));
        let key = spans.iter().find(|span| span.contains(&at)).and_then(|span| key_of(&text[span.clone()]));
        found.problems.push(on_key(explain(whole, first_line), key));
    }
    found
}

impl Recovery {
    fn read_entry(&mut self, entry: &str, line: usize) {
        let key = key_of(entry);
        let problem = match yaml::parse(entry) {
            Ok(Node::Map(pairs)) => return pairs.into_iter().for_each(|pair| self.take(pair, line)),
            Ok(Node::Null) => return,
            Ok(other) => Problem::error(format!("expected `key: value`, found {}", other.kind()))
                .at_line(line)
                .with_hint("a key is followed by a colon and a space"),
            // Its anchor is in another entry.
            Err(failure) if failure.message.contains("unknown anchor") => return self.unread.extend(key),
            Err(failure) => explain(&failure, line),
        };
        self.unread.extend(key.clone());
        self.problems.push(on_key(problem, key));
    }

    fn take(&mut self, pair: (Node, Node), line: usize) {
        if self.seen.insert(pair.0.clone()) {
            return self.root.push(pair);
        }
        let key = printable(pair.0.as_text().unwrap_or_default());
        let problem = Problem::error(format!("the key `{key}` is there twice")).at_line(line).on_key(key);
        self.problems.push(problem.with_hint("keep one of the two"));
    }
}

/// Cuts a text at every line that begins at column 0 with something other than a list item or a comment.
fn chunks(text: &str, region: Range<usize>) -> Vec<Range<usize>> {
    let mut chunks: Vec<Range<usize>> = Vec::new();
    let mut at = region.start;
    while at < region.end {
        let end = lines::next(text, at).min(region.end);
        let line = lines::without_ending(&text[at..end]);
        let belongs_above = line.is_empty() || line.starts_with([' ', '\t', '#', ']', '}']) || line == "-";
        match chunks.last_mut() {
            Some(last) if belongs_above || line.starts_with("- ") => last.end = end,
            _ => chunks.push(at..end),
        }
        at = end;
    }
    chunks
}

/// Returns what is before the first colon of an entry.
fn key_of(entry: &str) -> Option<String> {
    let (key, _) = entry.lines().next()?.split_once(':')?;
    let key = key.trim().trim_matches(['"', '\'']);
    let is_word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || " _-.".contains(c));
    is_word.then(|| key.to_owned())
}

fn on_key(problem: Problem, key: Option<String>) -> Problem {
    match key {
        Some(key) => problem.on_key(key),
        None => problem,
    }
}

/// Says what the YAML parser means, in the file's lines and with what usually helps.
fn explain(failure: &Failure, first_line: usize) -> Problem {
    const HINTS: [(&str, &str); 9] = [
        ("is there twice", "keep one of the two"),
        ("mapping values are not allowed", "a text that contains `: ` needs quotes"),
        (
            "cannot start any token",
            "a text that begins with a tab, `@`, `%` or a backtick needs quotes; YAML is indented with spaces",
        ),
        ("unknown anchor", "a text that begins with `*` or `&` needs quotes"),
        ("expected alphabetic or numeric", "a text that begins with `*` or `&` needs quotes"),
        ("end of stream", "a quote or bracket is not closed"),
        ("expected ',' or", "a bracket is not closed, or a text in it needs quotes"),
        ("could not find expected ':'", "a key is followed by a colon and a space"),
        ("did not find expected", "check indentation, quotes and brackets here and on the line above"),
    ];
    let problem = Problem::error(failure.message.as_str()).at_line(first_line + failure.line - 1);
    match HINTS.iter().find(|(part, _)| failure.message.contains(part)) {
        Some((_, hint)) => problem.with_hint(*hint),
        None => problem,
    }
}
