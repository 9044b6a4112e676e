//! The keys of front matter, or of a file that is YAML as a whole: each is merged by what it says.
//!
//! What is joined is parsed again and must say, key by key, what the rules want, in the order they want; otherwise
//! the keys are joined as lines under the same condition, or shown as one conflict.

mod comments;
mod entry;
mod record;
mod stage;
mod values;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::order;
use super::piece::{Piece, Subject, is_clean, settled};
use super::plain;
use super::three::{SIDES, Side, Three};
use crate::doc::Document;
use crate::doc::source::{self, Kind};
use crate::doc::yaml::{self, Node};
use crate::model::Field;
use record::{Part, Record};
use stage::Verdict;

/// One key of the result.
struct Merged {
    key: String,
    pieces: Vec<Piece>,
    /// What it says; where it is a conflict, what it says with one side's lines.
    says: Says,
}

enum Says {
    One(Node),
    Either(Three<Option<Node>>),
}

impl Says {
    fn of(&self, side: Side) -> Option<&Node> {
        match self {
            Self::One(node) => Some(node),
            Self::Either(nodes) => nodes.of(side).as_ref(),
        }
    }
}

/// Merges everything above the body.
pub(super) fn merge(documents: Three<Option<&Document>>, kind: Kind) -> Vec<Piece> {
    by_key(documents, kind).unwrap_or_else(|| by_line(documents, kind))
}

/// Merges key by key; none where keys cannot be told apart, or where the result does not say what it should.
fn by_key(documents: Three<Option<&Document>>, kind: Kind) -> Option<Vec<Piece>> {
    let records = Three::new(record(documents.base)?, record(documents.ours)?, record(documents.theirs)?);
    let merged = keys(records.as_ref());
    let mut pieces =
        vec![Piece::Text((*records.as_ref().map(|record| record.head).decide_or_greater()).to_owned())];
    pieces.extend(merged.iter().flat_map(|key| key.pieces.iter().cloned()));
    pieces.extend(comments::join(records.as_ref().map(|record| record.tail), &Subject::Lines));
    pieces.push(Piece::Text((*records.as_ref().map(|record| record.close).decide_or_greater()).to_owned()));
    let sides = if is_clean(&pieces) { &SIDES[..1] } else { &SIDES[..] };
    let is_sound = |side: &Side| {
        let Some(root) = root_of(&settled(&pieces, *side), kind) else { return false };
        let found = root.iter().map(|(key, value)| (key.as_text().unwrap_or_default(), value));
        found.eq(merged.iter().filter_map(|key| Some((key.key.as_str(), key.says.of(*side)?))))
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
fn keys(records: Three<&Record<'_>>) -> Vec<Merged> {
    let mut names: Vec<&str> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut versions: Vec<Three<Option<&Part<'_>>>> = Vec::new();
    let mut sequences = Three::<Vec<usize>>::default();
    let all = [
        (records.base, &mut sequences.base, 0),
        (records.ours, &mut sequences.ours, 1),
        (records.theirs, &mut sequences.theirs, 2),
    ];
    for (record, sequence, version) in all {
        for part in &record.parts {
            let number = *numbers.entry(&part.entry.key).or_insert_with(|| {
                names.push(&part.entry.key);
                versions.push(Three::default());
                names.len() - 1
            });
            sequence.push(number);
            let slots = &mut versions[number];
            *[&mut slots.base, &mut slots.ours, &mut slots.theirs][version] = Some(part);
        }
    }
    let verdict = stage::judge(records);
    let mut merged: HashMap<usize, Merged> = HashMap::new();
    for (number, (key, versions)) in names.iter().zip(&versions).enumerate() {
        let verdict = if *key == "stage" { verdict } else { Verdict::Plain };
        merged.extend(merge_key(key, *versions, verdict).map(|key| (number, key)));
    }
    let keep: HashSet<usize> = merged.keys().copied().collect();
    let compare = |a: usize, b: usize| compare_keys(names[a], names[b]);
    let joined = order::join(sequences.as_ref().map(Vec::as_slice), &keep, &compare);
    joined.order.into_iter().filter_map(|number| merged.remove(&number)).collect()
}

/// Orders keys that both sides add at the same place: known ones as a new document has them, others by name.
fn compare_keys(a: &str, b: &str) -> Ordering {
    let rank = |key| Field::of_key(key).map_or(usize::MAX, |field| field as usize);
    (rank(a), a).cmp(&(rank(b), b))
}

/// Merges one key; none where it is gone.
fn merge_key(key: &str, versions: Three<Option<&Part<'_>>>, verdict: Verdict) -> Option<Merged> {
    let subject = Subject::Key(key.to_owned());
    let nodes = versions.map(|part| part.map(|part| part.value));
    let wanted = match verdict {
        Verdict::Plain => values::merge(key, nodes),
        Verdict::Follow(side) => Some(nodes.of(side).cloned()),
        Verdict::Parted => None,
    };
    let texts = versions.map(|part| part.map_or("", |part| part.text));
    let leads = versions.map(|part| part.map_or("", |part| part.lead));
    let whole = leads.map(str::to_owned);
    let whole = Three {
        base: whole.base + texts.base,
        ours: whole.ours + texts.ours,
        theirs: whole.theirs + texts.theirs,
    };
    if matches!(wanted, Some(None)) && comments::are_kept("", whole.as_ref().map(String::as_str)) {
        return None;
    }
    let written = wanted.flatten().and_then(|value| Some((entry::write(versions, &value)?, value)));
    let (own, says) = match written {
        Some((text, value)) => (Piece::Text(text), Says::One(value)),
        None => {
            let sides = texts.map(str::to_owned);
            (Piece::Clash { subject: subject.clone(), sides }, Says::Either(nodes.map(|node| node.cloned())))
        }
    };
    // Where a side lacks the key it has no say in what stands above it.
    let leads = match (versions.ours, versions.theirs) {
        (Some(ours), None) => Three::new(ours.lead, ours.lead, ours.lead),
        (None, Some(theirs)) => Three::new(theirs.lead, theirs.lead, theirs.lead),
        _ => leads,
    };
    let mut pieces = comments::join(leads, &subject);
    pieces.push(own);
    Some(Merged { key: key.to_owned(), pieces, says })
}

/// Merges as lines, and accepts the result only where it says what the rules want.
fn by_line(documents: Three<Option<&Document>>, kind: Kind) -> Vec<Piece> {
    let fronts =
        documents.map(|document| document.map_or("", |document| &document.text()[..document.source().body]));
    let pieces = plain::join(fronts, &Subject::Lines);
    let wanted =
        documents.map(|document| Node::Map(document.map_or(Vec::new(), |document| document.root().to_vec())));
    let wanted = values::merge("", wanted.as_ref().map(Some));
    let sorted = |mut root: Vec<(Node, Node)>| {
        root.sort_by_cached_key(|(key, _)| yaml::one_line(key));
        root
    };
    let found = root_of(&settled(&pieces, Side::Ours), kind).map(sorted);
    let wanted = match wanted {
        Some(Some(Node::Map(root))) => Some(sorted(root)),
        _ => None,
    };
    if is_clean(&pieces) && wanted.is_some() && wanted == found {
        return pieces;
    }
    vec![Piece::Clash { subject: Subject::Lines, sides: fronts.map(str::to_owned) }]
}
