//! The Markdown below the front matter: by section, then by list item and checkbox, then by line.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::lines::{Change, Region, add_conflict, join_orders, regions, shared as shared_lines};
use super::piece::{Piece, Subject, is_clean, resolved};
use super::ticks::{self, Lines, Ticks, alike};
use super::versions::{Side, Versions};
use crate::doc::lines;
use crate::doc::lines::indent_of;
use crate::doc::markdown::{begins_list_item, sections};

/// Merges bodies; without a base everything counts as added.
pub(super) fn merge(bodies: Versions<Option<&str>>) -> Vec<Piece> {
    let ours = bodies.ours.unwrap_or_default();
    let theirs = bodies.theirs.unwrap_or_default();
    let (pieces, is_torn) = by_section(bodies.base, ours, theirs);
    if !is_torn && (!is_clean(&pieces) || is_sound(&pieces, bodies)) {
        return pieces;
    }
    // A section that one side changed and the other took away may only have got another heading.
    let whole = merge_section(bodies.base, ours, theirs, &Subject::Lines);
    if !is_torn || is_clean(&whole) { whole } else { pieces }
}

/// Merges section by section; returns whether one side took away what the other changed.
fn by_section(base: Option<&str>, ours: &str, theirs: &str) -> (Vec<Piece>, bool) {
    let blocks = Versions::new(blocks(base.unwrap_or_default()), blocks(ours), blocks(theirs));
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
    let order = join_orders(sequences.as_ref().map(Vec::as_slice), &keep, &compare).order;
    let mut pieces = Vec::new();
    for (at, number) in order.iter().enumerate() {
        pieces.extend(merged.remove(number).unwrap_or_default());
        let gaps = versions[*number].map(|block| block.and_then(|block| block.gap));
        let gap = if at + 1 < order.len() {
            gap(gaps).to_owned()
        } else {
            let tail = |blocks: &[Block<'_>]| blocks.last().map_or("", |block| block.tail).to_owned();
            let tails = Versions::new(tail(&blocks.base), tail(&blocks.ours), tail(&blocks.theirs));
            longer(tails.as_ref().map(String::as_str)).to_owned()
        };
        pieces.push(Piece::Text(gap));
    }
    (pieces, is_torn)
}

type BlockVersions<'b> = Versions<Option<&'b Block<'b>>>;

/// Numbers the sections of all versions, those of one name alike.
fn numbered<'b>(
    blocks: Versions<&'b [Block<'b>]>,
    has_base: bool,
) -> (Vec<&'b Name>, Vec<BlockVersions<'b>>, Versions<Vec<usize>>) {
    let mut names: Vec<&Name> = Vec::new();
    let mut numbers: HashMap<&Name, usize> = HashMap::new();
    let mut versions: Vec<BlockVersions<'b>> = Vec::new();
    let mut sequences = Versions::<Vec<usize>>::default();
    let base = if has_base { blocks.base } else { &[] };
    for (blocks, version) in [(base, 0), (blocks.ours, 1), (blocks.theirs, 2)] {
        for block in blocks {
            let number = *numbers.entry(&block.name).or_insert_with(|| {
                names.push(&block.name);
                versions.push(Versions::default());
                names.len() - 1
            });
            let (slots, order) = (&mut versions[number], &mut sequences);
            *[&mut slots.base, &mut slots.ours, &mut slots.theirs][version] = Some(block);
            [&mut order.base, &mut order.ours, &mut order.theirs][version].push(number);
        }
    }
    (names, versions, sequences)
}

/// Orders sections that both sides add at the same place. The deeper one belongs to what is above.
fn compare_names(a: &Name, b: &Name) -> Ordering {
    b.level().cmp(&a.level()).then_with(|| a.cmp(b))
}

/// Merges one section; none where it is gone.
fn merge_block(versions: BlockVersions<'_>, is_torn: &mut bool) -> Option<Vec<Piece>> {
    let subject = |block: &Block<'_>| Subject::Section(block.title.to_owned());
    match (versions.base, versions.ours, versions.theirs) {
        (_, None, None) => None,
        (base, Some(ours), Some(theirs)) => {
            let headings = Versions::new(base.map_or("", |base| base.heading), ours.heading, theirs.heading);
            let mut pieces = vec![Piece::Text((*headings.decide_or_greater()).to_owned())];
            let base = base.map(|base| base.content);
            pieces.extend(merge_section(base, ours.content, theirs.content, &subject(ours)));
            Some(pieces)
        }
        (None, Some(added), None) | (None, None, Some(added)) => Some(vec![Piece::Text(added.text())]),
        (Some(base), Some(left), None) | (Some(base), None, Some(left)) => {
            let is_changed = left.heading != base.heading || left.content != base.content;
            *is_torn |= is_changed;
            let text = |block: Option<&Block<'_>>| block.map_or(String::new(), Block::text);
            let sides = versions.map(text);
            is_changed.then(|| vec![Piece::Conflict { subject: subject(left), sides }])
        }
    }
}

/// Whether a clean result has the sections it should have, and every line that a side added or both kept.
fn is_sound(pieces: &[Piece], bodies: Versions<Option<&str>>) -> bool {
    let merged = resolved(pieces, Side::Ours);
    let names = |text: &str| -> HashSet<Name> { blocks(text).into_iter().map(|block| block.name).collect() };
    let bare = bodies.map(Option::unwrap_or_default);
    let all = bare.map(names);
    let found = names(&merged);
    let added = all.ours.union(&all.theirs).filter(|name| !all.base.contains(*name));
    let kept = all.ours.intersection(&all.theirs);
    added.chain(kept).all(|name| found.contains(name)) && contains_lines(&merged, bare)
}

/// Whether no line is lost, ticks aside.
fn contains_lines(merged: &str, bodies: Versions<&str>) -> bool {
    let merged = ticks::count_lines(merged);
    let all = bodies.map(ticks::count_lines);
    let count = |lines: &HashMap<String, usize>, line: &str| lines.get(line).copied().unwrap_or(0);
    all.ours.keys().chain(all.theirs.keys()).all(|line| {
        let versions = all.as_ref().map(|lines| count(lines, line));
        let expected = versions.decide().copied().unwrap_or(versions.ours.min(versions.theirs));
        count(&merged, line) >= expected
    })
}

/// Names a section: the headings above it with their levels, its own, and which of several alike it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    path: Vec<(usize, String)>,
    number: usize,
}

impl Name {
    /// Returns how deep it is; 0 for what is above the first heading.
    pub(super) fn level(&self) -> usize {
        self.path.last().map_or(0, |(level, _)| *level)
    }
}

/// One section.
#[derive(Debug, Clone)]
pub(super) struct Block<'b> {
    pub(super) name: Name,
    /// The heading's text.
    pub(super) title: String,
    /// The heading's line.
    pub(super) heading: &'b str,
    /// The lines below it, up to the last one that is not blank.
    pub(super) content: &'b str,
    /// The blank lines before the next heading; none in the last section.
    pub(super) gap: Option<&'b str>,
    /// The blank lines at the end of the body, in the last section.
    pub(super) tail: &'b str,
}

impl Block<'_> {
    /// Returns heading and content.
    pub(super) fn text(&self) -> String {
        [self.heading, self.content].concat()
    }
}

/// Takes a body apart.
pub(super) fn blocks(body: &str) -> Vec<Block<'_>> {
    let sections = sections(body);
    let start_of_heading = |at: usize| match at.checked_sub(1) {
        Some(above) => sections[above].own.end,
        None => sections
            .first()
            .map_or(body.len(), |first| lines::start_of(body, first.own.start.saturating_sub(1))),
    };
    let mut blocks = Vec::with_capacity(sections.len() + 1);
    let mut seen = std::collections::HashMap::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    let is_last = sections.is_empty();
    blocks.push(block(Name { path: Vec::new(), number: 0 }, "", "", &body[..start_of_heading(0)], is_last));
    for (at, section) in sections.iter().enumerate() {
        path.retain(|(level, _)| *level < section.level);
        path.push((section.level, bare(&section.heading)));
        let count: &mut usize = seen.entry(path.clone()).or_default();
        let name = Name { path: path.clone(), number: *count };
        *count += 1;
        let heading = &body[start_of_heading(at)..section.own.start];
        blocks.push(block(
            name,
            &section.heading,
            heading,
            &body[section.own.clone()],
            at + 1 == sections.len(),
        ));
    }
    blocks
}

fn block<'b>(name: Name, title: &str, heading: &'b str, own: &'b str, is_last: bool) -> Block<'b> {
    let content_end = lines_end(own);
    let (content, blank) = own.split_at(content_end);
    let (gap, tail) = if is_last { (None, blank) } else { (Some(blank), "") };
    Block { name, title: title.to_owned(), heading, content, gap, tail }
}

/// Returns where the last line ends that is not blank.
fn lines_end(text: &str) -> usize {
    let content = text.trim_end().len();
    if content == 0 { 0 } else { lines::next(text, content) }
}

/// Returns a heading as headings are compared.
fn bare(heading: &str) -> String {
    heading.trim().trim_end_matches(':').trim_end().to_lowercase()
}

/// Returns the blank lines between two sections. A version in which the section is the last has no say.
pub(super) fn gap(gaps: Versions<Option<&str>>) -> &str {
    match (gaps.ours, gaps.theirs) {
        (Some(ours), Some(theirs)) => longer(Versions::new(gaps.base.unwrap_or_default(), ours, theirs)),
        (Some(gap), None) | (None, Some(gap)) => gap,
        (None, None) => gaps.base.unwrap_or("\n"),
    }
}

/// Decides between blank lines: the longer where both changed them.
pub(super) fn longer(blanks: Versions<&str>) -> &str {
    blanks.decide().copied().unwrap_or_else(|| {
        let (ours, theirs) = (blanks.ours, blanks.theirs);
        if (ours.len(), ours) >= (theirs.len(), theirs) { ours } else { theirs }
    })
}

/// The lines of a section with the ticks merged.
pub(super) struct SectionLines<'t> {
    pub(super) lines: Versions<Lines<'t>>,
    /// The lines as they are compared.
    pub(super) keys: Versions<Vec<String>>,
    ticks: Ticks,
}

impl SectionLines<'_> {
    /// Returns a side's line, its tick merged.
    pub(super) fn line(&self, side: Side, line: usize) -> String {
        self.ticks.line(self.lines.of(side), side, line)
    }

    /// Returns lines of a side, their ticks merged.
    fn text(&self, side: Side, lines: std::ops::Range<usize>) -> Vec<String> {
        lines.map(|line| self.line(side, line)).collect()
    }
}

/// Merges texts; without a base what both have counts as the base.
fn merge_section(base: Option<&str>, ours: &str, theirs: &str, subject: &Subject) -> Vec<Piece> {
    let shared = if base.is_none() { shared(ours, theirs) } else { String::new() };
    let texts = Versions::new(base.unwrap_or(&shared), ours, theirs);
    if let Some(decided) = texts.decide() {
        return vec![Piece::Text((*decided).to_owned())];
    }
    let lines = texts.map(Lines::of);
    let ticks = Ticks::merge(lines.as_ref());
    let keys = ticks.keys(lines.as_ref());
    let section = SectionLines { lines, keys, ticks };
    let mut pieces = Vec::new();
    for region in regions(section.keys.as_ref().map(Vec::as_slice)) {
        match region.change {
            Change::Same | Change::Ours => {
                pieces.push(Piece::Text(section.text(Side::Ours, region.lines.ours).concat()));
            }
            Change::Theirs => {
                pieces.push(Piece::Text(section.text(Side::Theirs, region.lines.theirs).concat()));
            }
            Change::Both => merge_region(&section, &region, subject, &mut pieces),
        }
    }
    pieces
}

/// Merges lines that both sides changed.
fn merge_region(section: &SectionLines<'_>, region: &Region, subject: &Subject, pieces: &mut Vec<Piece>) {
    let Versions { base, ours, theirs } = region.lines.clone();
    // What both sides have at the beginning, such as the blank line below a heading, is no part of the list.
    let (ours_keys, theirs_keys) = (&section.keys.ours[ours.clone()], &section.keys.theirs[theirs.clone()]);
    let begin = match base.is_empty() {
        true => ours_keys.iter().zip(theirs_keys).take_while(|(a, b)| a == b && a.trim().is_empty()).count(),
        false => 0,
    };
    let rest = Versions::new(base.clone(), ours.start + begin..ours.end, theirs.start + begin..theirs.end);
    if let Some(merged) = merge_items(section, rest, subject) {
        pieces.push(Piece::Text(section.text(Side::Ours, ours.start..ours.start + begin).concat()));
        pieces.extend(merged);
        return;
    }
    let (ours, theirs) = (section.text(Side::Ours, ours), section.text(Side::Theirs, theirs));
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
    let lines = Versions::new(&section.lines.base.raw[base], ours.as_slice(), theirs.as_slice());
    add_conflict(lines, subject, pieces);
}

/// Returns the lines that both texts have, boxes unticked.
fn shared(ours: &str, theirs: &str) -> String {
    let (ours, theirs) = (Lines::of(ours), Lines::of(theirs));
    let lines = shared_lines(&ours.neutral(), &theirs.neutral());
    lines.into_iter().map(|line| ours.with_mark(line, ' ')).collect()
}

/// An item of a version: its lines and what they are compared by.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ListItem {
    lines: Range<usize>,
    key: String,
}

/// Merges lines that are nothing but items of a list in all versions; none where they are not.
fn merge_items(
    section: &SectionLines<'_>,
    lines: Versions<Range<usize>>,
    subject: &Subject,
) -> Option<Vec<Piece>> {
    let entries = Versions::new(
        list_items(&section.keys.base, lines.base)?,
        list_items(&section.keys.ours, lines.ours)?,
        list_items(&section.keys.theirs, lines.theirs)?,
    );
    let (versions, sequences) = numbered_items(entries.as_ref().map(Vec::as_slice));
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
    let order = join_orders(sequences.as_ref().map(Vec::as_slice), &keep, &compare).order;
    Some(order.into_iter().filter_map(|number| merged.remove(&number)).collect())
}

/// Reads lines as items. An item of a numbered list without a box is a step, whose place matters.
fn list_items(keys: &[String], lines: Range<usize>) -> Option<Vec<ListItem>> {
    let mut entries: Vec<ListItem> = Vec::new();
    for line in lines {
        let text = &keys[line];
        if begins_list_item(text) {
            let is_step = text.trim_start().starts_with(|c: char| c.is_ascii_digit()) && !text.contains("] ");
            if is_step {
                return None;
            }
            entries.push(ListItem { lines: line..line + 1, key: text.clone() });
        } else {
            let is_continued = text.starts_with([' ', '\t']) && !text.trim().is_empty();
            let last = entries.last_mut().filter(|_| is_continued)?;
            last.lines.end = line + 1;
            last.key.push_str(text);
        }
    }
    Some(entries)
}

/// The deeper item belongs to what is above.
fn compare_entries(a: &str, b: &str) -> Ordering {
    indent_of(b).cmp(&indent_of(a)).then_with(|| a.cmp(b))
}

type ItemVersions<'e> = Versions<Option<&'e ListItem>>;

/// Numbers the items of all versions, those that are one item alike.
fn numbered_items<'e>(entries: Versions<&'e [ListItem]>) -> (Vec<ItemVersions<'e>>, Versions<Vec<usize>>) {
    let keys = entries.map(|entries| entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>());
    let mut versions: Vec<ItemVersions<'e>> =
        entries.base.iter().map(|entry| Versions::new(Some(entry), None, None)).collect();
    let base: Vec<usize> = (0..versions.len()).collect();
    let mut ours: Vec<Option<usize>> = vec![None; entries.ours.len()];
    let mut theirs: Vec<Option<usize>> = vec![None; entries.theirs.len()];
    for (old, new) in alike(&keys.base, &keys.ours) {
        ours[new] = Some(old);
    }
    for (old, new) in alike(&keys.base, &keys.theirs) {
        theirs[new] = Some(old);
    }
    let mut added: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut number = |slot: Option<usize>| {
        slot.unwrap_or_else(|| {
            versions.push(Versions::default());
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
    (versions, Versions::new(base, ours, theirs))
}

/// Merges one item; none where it is gone.
fn merge_entry(section: &SectionLines<'_>, versions: ItemVersions<'_>, subject: &Subject) -> Option<Piece> {
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
            let sides = Versions { base, ours: text(Side::Ours), theirs: text(Side::Theirs) };
            Some(Piece::Conflict { subject: subject.clone(), sides })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::blocks;

    #[test]
    fn every_byte_belongs_to_one_section() {
        for body in [
            "",
            "\n",
            "a",
            "\n## A\n\nb\n\n\n### C\n## A\n\nd\n\n",
            "# A",
            "x\n\n```\n# no\n",
            " # A \r\n\r\n# B",
        ] {
            let joined: String = blocks(body)
                .iter()
                .map(|block| {
                    [block.heading, block.content, block.gap.unwrap_or_default(), block.tail].concat()
                })
                .collect();
            assert_eq!(joined, body);
        }
    }
}
