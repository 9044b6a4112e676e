//! List items that both sides changed next to each other: merged item by item, additions of both kept.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::super::order;
use super::super::piece::{Piece, Subject};
use super::super::three::{Side, Three};
use super::content::Section;
use super::pairs;
use crate::doc::lines::indent_of;
use crate::doc::markdown::begins_list_item;

/// An item of a version: its lines and what they are compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    lines: Range<usize>,
    key: String,
}

/// Merges lines that are nothing but items of a list in all versions; none where they are not.
pub(super) fn merge(
    section: &Section<'_>,
    lines: Three<Range<usize>>,
    subject: &Subject,
) -> Option<Vec<Piece>> {
    let entries = Three::new(
        entries(&section.keys.base, lines.base)?,
        entries(&section.keys.ours, lines.ours)?,
        entries(&section.keys.theirs, lines.theirs)?,
    );
    let (versions, sequences) = numbered(entries.as_ref().map(Vec::as_slice));
    let mut merged: HashMap<usize, Piece> = HashMap::new();
    for (number, versions) in versions.iter().enumerate() {
        if let Some(piece) = merge_entry(section, *versions, subject) {
            merged.insert(number, piece);
        }
    }
    let keep: HashSet<usize> = merged.keys().copied().collect();
    let key = |number: usize| {
        let found = versions[number];
        found.ours.or(found.theirs).map_or("", |entry| entry.key.as_str())
    };
    let compare = |a: usize, b: usize| compare_entries(key(a), key(b));
    let order = order::join(sequences.as_ref().map(Vec::as_slice), &keep, &compare).order;
    Some(order.into_iter().filter_map(|number| merged.remove(&number)).collect())
}

/// Reads lines as items. An item of a numbered list without a box is a step, whose place matters.
fn entries(keys: &[String], lines: Range<usize>) -> Option<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in lines {
        let text = &keys[line];
        if begins_list_item(text) {
            let is_step = text.trim_start().starts_with(|c: char| c.is_ascii_digit()) && !text.contains("] ");
            if is_step {
                return None;
            }
            entries.push(Entry { lines: line..line + 1, key: text.clone() });
        } else {
            let is_continued = text.starts_with([' ', '\t']) && !text.trim().is_empty();
            let last = entries.last_mut().filter(|_| is_continued)?;
            last.lines.end = line + 1;
            last.key.push_str(text);
        }
    }
    Some(entries)
}

/// The deeper item belongs to what stands above.
fn compare_entries(a: &str, b: &str) -> Ordering {
    indent_of(b).cmp(&indent_of(a)).then_with(|| a.cmp(b))
}

type Versions<'e> = Three<Option<&'e Entry>>;

/// Numbers the items of all versions, those that are one item alike.
fn numbered<'e>(entries: Three<&'e [Entry]>) -> (Vec<Versions<'e>>, Three<Vec<usize>>) {
    let keys = entries.map(|entries| entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>());
    let mut versions: Vec<Versions<'e>> =
        entries.base.iter().map(|entry| Three::new(Some(entry), None, None)).collect();
    let base: Vec<usize> = (0..versions.len()).collect();
    let mut ours: Vec<Option<usize>> = vec![None; entries.ours.len()];
    let mut theirs: Vec<Option<usize>> = vec![None; entries.theirs.len()];
    for (old, new) in pairs::alike(&keys.base, &keys.ours) {
        ours[new] = Some(old);
    }
    for (old, new) in pairs::alike(&keys.base, &keys.theirs) {
        theirs[new] = Some(old);
    }
    let mut added: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut number = |slot: Option<usize>| {
        slot.unwrap_or_else(|| {
            versions.push(Three::default());
            versions.len() - 1
        })
    };
    let ours: Vec<usize> = (0..ours.len())
        .map(|at| {
            let given = number(ours[at]);
            if ours[at].is_none() {
                added.entry(keys.ours[at]).or_default().push(given);
            }
            given
        })
        .collect();
    let theirs: Vec<usize> = (0..theirs.len())
        .map(|at| {
            let same =
                || added.get_mut(keys.theirs[at]).and_then(|open| (!open.is_empty()).then(|| open.remove(0)));
            number(theirs[at].or_else(same))
        })
        .collect();
    for (at, number) in ours.iter().enumerate() {
        versions[*number].ours = Some(&entries.ours[at]);
    }
    for (at, number) in theirs.iter().enumerate() {
        versions[*number].theirs = Some(&entries.theirs[at]);
    }
    (versions, Three::new(base, ours, theirs))
}

/// Merges one item; none where it is gone.
fn merge_entry(section: &Section<'_>, versions: Versions<'_>, subject: &Subject) -> Option<Piece> {
    let text = |side: Side| -> String {
        let lines = versions.of(side).map_or(0..0, |entry| entry.lines.clone());
        lines.map(|line| section.line(side, line)).collect()
    };
    let keys = versions.map(|entry| entry.map(|entry| entry.key.as_str()));
    match keys.decide() {
        Some(None) => None,
        Some(decided) if *decided == keys.ours => Some(Piece::Text(text(Side::Ours))),
        Some(_) => Some(Piece::Text(text(Side::Theirs))),
        None => {
            let base = versions.base.map_or(0..0, |entry| entry.lines.clone());
            let base = section.lines.base.raw[base].concat();
            let sides = Three { base, ours: text(Side::Ours), theirs: text(Side::Theirs) };
            Some(Piece::Clash { subject: subject.clone(), sides })
        }
    }
}
