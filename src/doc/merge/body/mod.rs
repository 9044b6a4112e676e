//! The Markdown below the front matter: by section, then by check box, then by line.

mod content;
mod items;
mod pairs;
mod parts;
mod ticks;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::order;
use super::piece::{Piece, Subject, is_clean, settled};
use super::three::{Side, Three};
use parts::{Block, Name};

/// Merges bodies; without a base everything counts as added.
pub(super) fn merge(bodies: Three<Option<&str>>) -> Vec<Piece> {
    let ours = bodies.ours.unwrap_or_default();
    let theirs = bodies.theirs.unwrap_or_default();
    let (pieces, is_torn) = by_section(bodies.base, ours, theirs);
    if !is_torn && (!is_clean(&pieces) || is_sound(&pieces, bodies)) {
        return pieces;
    }
    // A section that one side changed and the other took away may only have got another heading.
    let whole = content::merge(bodies.base, ours, theirs, &Subject::Lines);
    if !is_torn || is_clean(&whole) { whole } else { pieces }
}

/// Merges section by section; tells whether one side took away what the other changed.
fn by_section(base: Option<&str>, ours: &str, theirs: &str) -> (Vec<Piece>, bool) {
    let blocks =
        Three::new(parts::blocks(base.unwrap_or_default()), parts::blocks(ours), parts::blocks(theirs));
    let (names, versions, sequences) = numbered(blocks.as_ref().map(Vec::as_slice), base.is_some());
    let mut merged: HashMap<usize, Vec<Piece>> = HashMap::new();
    let mut is_torn = false;
    for (number, versions) in versions.iter().enumerate() {
        if let Some(pieces) = merge_block(*versions, &mut is_torn) {
            merged.insert(number, pieces);
        }
    }
    let keep: HashSet<usize> = merged.keys().copied().collect();
    let compare = |a: usize, b: usize| compare_names(names[a], names[b]);
    let order = order::join(sequences.as_ref().map(Vec::as_slice), &keep, &compare).order;
    let mut pieces = Vec::new();
    for (at, number) in order.iter().enumerate() {
        pieces.extend(merged.remove(number).unwrap_or_default());
        let gaps = versions[*number].map(|block| block.and_then(|block| block.gap));
        let gap = if at + 1 < order.len() {
            parts::gap(gaps).to_owned()
        } else {
            let tail = |blocks: &[Block<'_>]| blocks.last().map_or("", |block| block.tail).to_owned();
            let tails = Three::new(tail(&blocks.base), tail(&blocks.ours), tail(&blocks.theirs));
            parts::longer(tails.as_ref().map(String::as_str)).to_owned()
        };
        pieces.push(Piece::Text(gap));
    }
    (pieces, is_torn)
}

type Versions<'b> = Three<Option<&'b Block<'b>>>;

/// Numbers the sections of all versions, those of one name alike.
fn numbered<'b>(
    blocks: Three<&'b [Block<'b>]>,
    has_base: bool,
) -> (Vec<&'b Name>, Vec<Versions<'b>>, Three<Vec<usize>>) {
    let mut names: Vec<&Name> = Vec::new();
    let mut numbers: HashMap<&Name, usize> = HashMap::new();
    let mut versions: Vec<Versions<'b>> = Vec::new();
    let mut sequences = Three::<Vec<usize>>::default();
    let base = if has_base { blocks.base } else { &[] };
    for (blocks, version) in [(base, 0), (blocks.ours, 1), (blocks.theirs, 2)] {
        for block in blocks {
            let number = *numbers.entry(&block.name).or_insert_with(|| {
                names.push(&block.name);
                versions.push(Three::default());
                names.len() - 1
            });
            let (slots, order) = (&mut versions[number], &mut sequences);
            *[&mut slots.base, &mut slots.ours, &mut slots.theirs][version] = Some(block);
            [&mut order.base, &mut order.ours, &mut order.theirs][version].push(number);
        }
    }
    (names, versions, sequences)
}

/// Orders sections that both sides add at the same place. The deeper one belongs to what stands above.
fn compare_names(a: &Name, b: &Name) -> Ordering {
    b.level().cmp(&a.level()).then_with(|| a.cmp(b))
}

/// Merges one section; none where it is gone.
fn merge_block(versions: Versions<'_>, is_torn: &mut bool) -> Option<Vec<Piece>> {
    let subject = |block: &Block<'_>| Subject::Section(block.title.to_owned());
    match (versions.base, versions.ours, versions.theirs) {
        (_, None, None) => None,
        (base, Some(ours), Some(theirs)) => {
            let headings = Three::new(base.map_or("", |base| base.heading), ours.heading, theirs.heading);
            let mut pieces = vec![Piece::Text((*headings.decide_or_greater()).to_owned())];
            let base = base.map(|base| base.content);
            pieces.extend(content::merge(base, ours.content, theirs.content, &subject(ours)));
            Some(pieces)
        }
        (None, Some(added), None) | (None, None, Some(added)) => Some(vec![Piece::Text(added.text())]),
        (Some(base), Some(left), None) | (Some(base), None, Some(left)) => {
            let is_changed = left.heading != base.heading || left.content != base.content;
            *is_torn |= is_changed;
            let text = |block: Option<&Block<'_>>| block.map_or(String::new(), Block::text);
            let sides = versions.map(text);
            is_changed.then(|| vec![Piece::Clash { subject: subject(left), sides }])
        }
    }
}

/// Tells whether a clean result has the sections it should have, and every line that a side added or both kept.
fn is_sound(pieces: &[Piece], bodies: Three<Option<&str>>) -> bool {
    let merged = settled(pieces, Side::Ours);
    let names =
        |text: &str| -> HashSet<Name> { parts::blocks(text).into_iter().map(|block| block.name).collect() };
    let bare = bodies.map(Option::unwrap_or_default);
    let all = bare.map(names);
    let found = names(&merged);
    let added = all.ours.union(&all.theirs).filter(|name| !all.base.contains(*name));
    let kept = all.ours.intersection(&all.theirs);
    added.chain(kept).all(|name| found.contains(name)) && holds_lines(&merged, bare)
}

/// Tells whether no line is lost, ticks aside.
fn holds_lines(merged: &str, bodies: Three<&str>) -> bool {
    let merged = ticks::count_lines(merged);
    let all = bodies.map(ticks::count_lines);
    let count = |lines: &HashMap<String, usize>, line: &str| lines.get(line).copied().unwrap_or(0);
    all.ours.keys().chain(all.theirs.keys()).all(|line| {
        let versions = all.as_ref().map(|lines| count(lines, line));
        let wanted = versions.decide().copied().unwrap_or(versions.ours.min(versions.theirs));
        count(&merged, line) >= wanted
    })
}
