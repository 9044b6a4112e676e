//! A record's keys and the text around each: what the merge of front matter works on.

use std::ops::Range;

use crate::doc::yaml::Node;
use crate::doc::yaml::entries::{self, Entry};
use crate::doc::{Document, lines};

/// One key of one version.
#[derive(Debug, Clone)]
pub(super) struct Part<'d> {
    /// The comments and blank lines above it.
    pub(super) lead: &'d str,
    /// Its own lines.
    pub(super) text: &'d str,
    /// What it says.
    pub(super) value: &'d Node,
    /// Where the parts of `text` are; offsets are the document's.
    pub(super) entry: Entry,
}

impl<'d> Part<'d> {
    /// Returns a range of the document as a range of the key's own lines.
    pub(super) fn local(&self, range: &Range<usize>) -> Range<usize> {
        range.start - self.entry.start..range.end - self.entry.start
    }

    /// Returns the entry with offsets into `text`.
    pub(super) fn local_entry(&self) -> Entry {
        Entry {
            start: 0,
            colon: self.entry.colon - self.entry.start,
            value: self.local(&self.entry.value),
            end: self.text.len(),
            ..self.entry.clone()
        }
    }

    /// Returns what stands before the value, the value, and what stands behind it.
    pub(super) fn split(&self) -> (&'d str, &'d str, &'d str) {
        let value = self.local(&self.entry.value);
        (&self.text[..value.start], &self.text[value.clone()], &self.text[value.end..])
    }
}

/// All keys of one version, and the text that belongs to none.
#[derive(Debug, Clone, Default)]
pub(super) struct Record<'d> {
    /// The opening fence, or the lines that begin a YAML document.
    pub(super) head: &'d str,
    /// The keys, in order.
    pub(super) parts: Vec<Part<'d>>,
    /// Comments and blank lines below the last key.
    pub(super) tail: &'d str,
    /// The closing fence.
    pub(super) close: &'d str,
}

impl<'d> Record<'d> {
    /// Takes a document apart; none where its keys do not stand on lines of their own.
    pub(super) fn of(document: &'d Document) -> Option<Self> {
        let source = document.source();
        let (text, front) = (source.text.as_str(), source.front.clone());
        let entries = entries::scan(text, front.clone())?;
        let root = document.root();
        let same = |(entry, (name, _)): (&Entry, &(Node, Node))| name.as_text() == Some(&entry.key);
        if entries.len() != root.len() || !entries.iter().zip(root).all(same) {
            return None;
        }
        let first = entries.first().map_or(front.end, |entry| entry.start);
        let mut at = end_of_head(text, front.start..first);
        let (head, close) = (&text[..at], &text[front.end..source.body]);
        let mut parts = Vec::with_capacity(entries.len());
        for (entry, (_, value)) in entries.into_iter().zip(root) {
            let (lead, own) = (&text[at..entry.start], &text[entry.start..entry.end]);
            at = entry.end;
            parts.push(Part { lead, text: own, value, entry });
        }
        Some(Self { head, parts, tail: &text[at..front.end], close })
    }

    /// Returns one key.
    pub(super) fn part(&self, key: &str) -> Option<&Part<'d>> {
        self.parts.iter().find(|part| part.entry.key == key)
    }
}

/// Returns where the lines end that begin a YAML document: directives and `---`.
fn end_of_head(text: &str, region: Range<usize>) -> usize {
    let (mut at, mut end) = (region.start, region.start);
    while at < region.end {
        let next = lines::next(text, at);
        let line = &text[at..next];
        if line.starts_with('%') || line.trim_end() == "---" {
            end = next;
        }
        at = next;
    }
    end
}
