//! One section's own text: regions of lines, in which list items that meet are merged one by one.

use super::super::diff3::{self, Change, Region};
use super::super::piece::{Piece, Subject};
use super::super::plain;
use super::super::three::{Side, Three};
use super::items;
use super::ticks::{Lines, Ticks};

/// The lines of a section with the ticks settled.
pub(super) struct Section<'t> {
    pub(super) lines: Three<Lines<'t>>,
    /// The lines as they are compared.
    pub(super) keys: Three<Vec<String>>,
    ticks: Ticks,
}

impl Section<'_> {
    /// Returns a side's line, its tick settled.
    pub(super) fn line(&self, side: Side, line: usize) -> String {
        self.ticks.line(self.lines.of(side), side, line)
    }

    /// Returns lines of a side, their ticks settled.
    fn text(&self, side: Side, lines: std::ops::Range<usize>) -> Vec<String> {
        lines.map(|line| self.line(side, line)).collect()
    }
}

/// Merges texts; without a base what both have counts as the base.
pub(super) fn merge(base: Option<&str>, ours: &str, theirs: &str, subject: &Subject) -> Vec<Piece> {
    let shared = if base.is_none() { shared(ours, theirs) } else { String::new() };
    let texts = Three::new(base.unwrap_or(&shared), ours, theirs);
    if let Some(decided) = texts.decide() {
        return vec![Piece::Text((*decided).to_owned())];
    }
    let lines = texts.map(Lines::of);
    let ticks = Ticks::settle(lines.as_ref());
    let keys = ticks.keys(lines.as_ref());
    let section = Section { lines, keys, ticks };
    let mut pieces = Vec::new();
    for region in diff3::regions(section.keys.as_ref().map(Vec::as_slice)) {
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
fn merge_region(section: &Section<'_>, region: &Region, subject: &Subject, pieces: &mut Vec<Piece>) {
    let Three { base, ours, theirs } = region.lines.clone();
    // What both sides have at the beginning, such as the blank line below a heading, is no part of the list.
    let (ours_keys, theirs_keys) = (&section.keys.ours[ours.clone()], &section.keys.theirs[theirs.clone()]);
    let begin = match base.is_empty() {
        true => ours_keys.iter().zip(theirs_keys).take_while(|(a, b)| a == b && a.trim().is_empty()).count(),
        false => 0,
    };
    let rest = Three::new(base.clone(), ours.start + begin..ours.end, theirs.start + begin..theirs.end);
    if let Some(merged) = items::merge(section, rest, subject) {
        pieces.push(Piece::Text(section.text(Side::Ours, ours.start..ours.start + begin).concat()));
        pieces.extend(merged);
        return;
    }
    let (ours, theirs) = (section.text(Side::Ours, ours), section.text(Side::Theirs, theirs));
    let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
    let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
    let lines = Three::new(&section.lines.base.raw[base], ours.as_slice(), theirs.as_slice());
    plain::clash(lines, subject, pieces);
}

/// Returns the lines that both texts have, boxes unticked.
fn shared(ours: &str, theirs: &str) -> String {
    let (ours, theirs) = (Lines::of(ours), Lines::of(theirs));
    let lines = diff3::shared(&ours.neutral(), &theirs.neutral());
    lines.into_iter().map(|line| ours.with_mark(line, ' ')).collect()
}
