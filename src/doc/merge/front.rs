//! The keys of front matter, or of a file that is YAML as a whole: each is merged by what it says.
//!
//! What is joined is parsed again and must say, key by key, what the rules want, in the order they want; otherwise
//! the keys are joined as lines under the same condition, or shown as one conflict. No comment is lost in silence. A
//! stage that both sides moved is decided by the moves of the history first.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::lines::{join_lines, join_orders};
use super::piece::{Piece, Subject, is_clean, resolved};
use super::values::{self, field};
use super::versions::{SIDES, Side, Versions};
use crate::doc::source::{self, Kind};
use crate::doc::yaml::entries::{self, Entry};
use crate::doc::yaml::{self, Node};
use crate::doc::{Document, lines};
use crate::model::Field;

/// One key of the result.
struct Merged {
    key: String,
    pieces: Vec<Piece>,
    /// What it says; where it is a conflict, what it says with one side's lines.
    decided: Decided,
}

enum Decided {
    One(Node),
    Either(Versions<Option<Node>>),
}

impl Decided {
    fn of(&self, side: Side) -> Option<&Node> {
        match self {
            Self::One(node) => Some(node),
            Self::Either(nodes) => nodes.of(side).as_ref(),
        }
    }
}

/// Merges everything above the body.
pub(super) fn merge(documents: Versions<Option<&Document>>, kind: Kind) -> Vec<Piece> {
    by_key(documents, kind).unwrap_or_else(|| by_line(documents, kind))
}

/// Merges key by key; none where keys cannot be distinguished, or where the result does not say what it should.
fn by_key(documents: Versions<Option<&Document>>, kind: Kind) -> Option<Vec<Piece>> {
    let records = Versions::new(record(documents.base)?, record(documents.ours)?, record(documents.theirs)?);
    let merged = keys(records.as_ref());
    let mut pieces =
        vec![Piece::Text((*records.as_ref().map(|record| record.head).decide_or_greater()).to_owned())];
    pieces.extend(merged.iter().flat_map(|key| key.pieces.iter().cloned()));
    pieces.extend(join_comments(records.as_ref().map(|record| record.tail), &Subject::Lines));
    pieces.push(Piece::Text((*records.as_ref().map(|record| record.close).decide_or_greater()).to_owned()));
    let sides = if is_clean(&pieces) { &SIDES[..1] } else { &SIDES[..] };
    let is_sound = |side: &Side| {
        let Some(root) = root_of(&resolved(&pieces, *side), kind) else { return false };
        let found = root.iter().map(|(key, value)| (key.as_text().unwrap_or_default(), value));
        found.eq(merged.iter().filter_map(|key| Some((key.key.as_str(), key.decided.of(*side)?))))
    };
    sides.iter().all(is_sound).then_some(pieces)
}

fn record(document: Option<&Document>) -> Option<Record<'_>> {
    document.map_or_else(|| Some(Record::default()), Record::of)
}

/// Returns what a text says, if it can be read.
fn root_of(text: &str, kind: Kind) -> Option<Vec<(Node, Node)>> {
    let source = source::check(text.as_bytes(), kind).ok()?;
    match yaml::parse(&source.text[source.front]) {
        Ok(Node::Map(root)) => Some(root),
        Ok(Node::Null) => Some(Vec::new()),
        _ => None,
    }
}

/// Merges every key and brings them into order.
fn keys(records: Versions<&Record<'_>>) -> Vec<Merged> {
    let mut names: Vec<&str> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut versions: Vec<Versions<Option<&Part<'_>>>> = Vec::new();
    let mut sequences = Versions::<Vec<usize>>::default();
    let all = [
        (records.base, &mut sequences.base, 0),
        (records.ours, &mut sequences.ours, 1),
        (records.theirs, &mut sequences.theirs, 2),
    ];
    for (record, sequence, version) in all {
        for part in &record.parts {
            let number = *numbers.entry(&part.entry.key).or_insert_with(|| {
                names.push(&part.entry.key);
                versions.push(Versions::default());
                names.len() - 1
            });
            sequence.push(number);
            let slots = &mut versions[number];
            *[&mut slots.base, &mut slots.ours, &mut slots.theirs][version] = Some(part);
        }
    }
    let decision = judge_stage(records);
    let mut merged: HashMap<usize, Merged> = HashMap::new();
    for (number, (key, versions)) in names.iter().zip(&versions).enumerate() {
        let decision = if *key == "stage" { decision } else { StageDecision::Plain };
        merged.extend(merge_key(key, *versions, decision).map(|key| (number, key)));
    }
    let keep: HashSet<usize> = merged.keys().copied().collect();
    let compare = |a: usize, b: usize| compare_keys(names[a], names[b]);
    let joined = join_orders(sequences.as_ref().map(Vec::as_slice), &keep, &compare);
    joined.order.into_iter().filter_map(|number| merged.remove(&number)).collect()
}

/// Orders keys that both sides add at the same place: known ones as a new document has them, others by name.
fn compare_keys(a: &str, b: &str) -> Ordering {
    let rank = |key| Field::of_key(key).map_or(usize::MAX, |field| field as usize);
    (rank(a), a).cmp(&(rank(b), b))
}

/// Merges one key; none where it is gone.
fn merge_key(key: &str, versions: Versions<Option<&Part<'_>>>, decision: StageDecision) -> Option<Merged> {
    let subject = Subject::Key(key.to_owned());
    let nodes = versions.map(|part| part.map(|part| part.value));
    let merged_value = match decision {
        StageDecision::Plain => values::merge(key, nodes),
        StageDecision::Follow(side) => Some(nodes.of(side).cloned()),
        StageDecision::Parted => None,
    };
    let texts = versions.map(|part| part.map_or("", |part| part.text));
    let leads = versions.map(|part| part.map_or("", |part| part.lead));
    let whole = leads.map(str::to_owned);
    let whole = Versions {
        base: whole.base + texts.base,
        ours: whole.ours + texts.ours,
        theirs: whole.theirs + texts.theirs,
    };
    if matches!(merged_value, Some(None)) && are_kept("", whole.as_ref().map(String::as_str)) {
        return None;
    }
    let written = merged_value.flatten().and_then(|value| Some((values::write(versions, &value)?, value)));
    let (own, decided) = match written {
        Some((text, value)) => (Piece::Text(text), Decided::One(value)),
        None => {
            let sides = texts.map(str::to_owned);
            (
                Piece::Conflict { subject: subject.clone(), sides },
                Decided::Either(nodes.map(|node| node.cloned())),
            )
        }
    };
    // Where a side lacks the key it has no say in what is above it.
    let leads = match (versions.ours, versions.theirs) {
        (Some(ours), None) => Versions::new(ours.lead, ours.lead, ours.lead),
        (None, Some(theirs)) => Versions::new(theirs.lead, theirs.lead, theirs.lead),
        _ => leads,
    };
    let mut pieces = join_comments(leads, &subject);
    pieces.push(own);
    Some(Merged { key: key.to_owned(), pieces, decided })
}

/// Merges as lines, and accepts the result only where it says what the rules want.
fn by_line(documents: Versions<Option<&Document>>, kind: Kind) -> Vec<Piece> {
    let fronts =
        documents.map(|document| document.map_or("", |document| &document.text()[..document.source().body]));
    let pieces = join_lines(fronts, &Subject::Lines);
    let merged_value =
        documents.map(|document| Node::Map(document.map_or(Vec::new(), |document| document.root().to_vec())));
    let merged_value = values::merge("", merged_value.as_ref().map(Some));
    let sorted = |mut root: Vec<(Node, Node)>| {
        root.sort_by_cached_key(|(key, _)| yaml::one_line(key));
        root
    };
    let found = root_of(&resolved(&pieces, Side::Ours), kind).map(sorted);
    let merged_value = match merged_value {
        Some(Some(Node::Map(root))) => Some(sorted(root)),
        _ => None,
    };
    if is_clean(&pieces) && merged_value.is_some() && merged_value == found {
        return pieces;
    }
    vec![Piece::Conflict { subject: Subject::Lines, sides: fronts.map(str::to_owned) }]
}

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

    /// Returns what is before the value, the value, and what follows it.
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
    /// Takes a document apart; none where its keys are not on lines of their own.
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

/// What the moves say of the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StageDecision {
    /// The stage is a value like any other.
    Plain,
    /// One side went the other's way and further.
    Follow(Side),
    /// The sides went different ways.
    Parted,
}

/// Judges the moves that each side added.
fn judge_stage(records: Versions<&Record<'_>>) -> StageDecision {
    let stage =
        |record: &Record<'_>| record.part("stage").and_then(|part| part.value.as_text()).map(str::to_owned);
    let stages = records.map(stage);
    if stages.ours == stages.theirs {
        return StageDecision::Plain;
    }
    let from = stages.base.as_deref().unwrap_or("none");
    let path = |record| {
        let mut steps = path(moves(records.base), moves(record));
        // A start that the base has, too, leads nowhere.
        let begun = steps.iter().position(|step| step.0 == from).unwrap_or(steps.len());
        steps.split_off(begun)
    };
    let (ours, theirs) = (path(records.ours), path(records.theirs));
    if ours.is_empty() || theirs.is_empty() {
        return StageDecision::Plain;
    }
    let explains = |stage: &Option<String>, path: &[(&str, &str)]| {
        path.last().map(|(_, to)| *to) == Some(stage.as_deref().unwrap_or("none"))
    };
    if theirs.starts_with(&ours) && explains(&stages.theirs, &theirs) {
        StageDecision::Follow(Side::Theirs)
    } else if ours.starts_with(&theirs) && explains(&stages.ours, &ours) {
        StageDecision::Follow(Side::Ours)
    } else {
        StageDecision::Parted
    }
}

/// Returns the moves that a side added, from stage to stage. A move that replaces one of the base is a
/// correction of it.
fn path<'n>(old: &'n [Node], new: &'n [Node]) -> Vec<(&'n str, &'n str)> {
    let step = |node| (field(node, "from").unwrap_or("none"), field(node, "to").unwrap_or(""));
    let (had, has): (HashSet<&Node>, HashSet<&Node>) = (old.iter().collect(), new.iter().collect());
    let mut gone: Vec<_> = old.iter().filter(|node| !has.contains(node)).map(step).collect();
    let added = new.iter().filter(|node| !had.contains(node)).map(step);
    let is_move = |step: &(&str, &str)| match gone.iter().position(|old| old == step) {
        Some(at) => {
            gone.swap_remove(at);
            false
        }
        None => true,
    };
    added.filter(is_move).collect()
}

fn moves<'d>(record: &Record<'d>) -> &'d [Node] {
    match record.part("history").map(|part| part.value) {
        Some(Node::List(items)) => items,
        _ => &[],
    }
}

/// Returns every text after a `#` that may be a comment, with how often it is there.
fn comments(text: &str) -> HashMap<&str, usize> {
    let mut found = HashMap::new();
    for line in text.lines().map(str::trim) {
        let bytes = line.as_bytes();
        let begins = |&at: &usize| bytes[at] == b'#' && (at == 0 || matches!(bytes[at - 1], b' ' | b'\t'));
        if let Some(at) = (0..bytes.len()).find(begins) {
            *found.entry(&line[at..]).or_default() += 1;
        }
    }
    found
}

/// Whether a merged text contains every comment that a side added, and every one that both sides kept.
pub(super) fn are_kept(merged: &str, versions: Versions<&str>) -> bool {
    if !versions.ours.contains('#') && !versions.theirs.contains('#') {
        return true;
    }
    let merged = comments(merged);
    let all = versions.map(comments);
    all.ours.keys().chain(all.theirs.keys()).all(|comment| {
        let count = Versions::new(&all.base, &all.ours, &all.theirs)
            .map(|version| version.get(comment).copied().unwrap_or(0));
        // What both sides changed must be there as often as the side says that has more of it.
        let expected = *count.decide_or_greater();
        merged.get(comment).copied().unwrap_or(0) >= expected
    })
}

/// Joins what is above a key or below the last one: by line; what both sides add is kept, in the order of its
/// content.
fn join_comments(versions: Versions<&str>, subject: &Subject) -> Vec<Piece> {
    if let Some(decided) = versions.decide() {
        return vec![Piece::Text((*decided).to_owned())];
    }
    let keep_both = |piece: Piece| match piece {
        Piece::Conflict { sides, .. } if sides.base.trim().is_empty() => {
            let (first, second) = ((&sides.ours).min(&sides.theirs), (&sides.ours).max(&sides.theirs));
            Piece::Text(if second.contains(first) { second.clone() } else { format!("{first}{second}") })
        }
        piece => piece,
    };
    join_lines(versions, subject).into_iter().map(keep_both).collect()
}
