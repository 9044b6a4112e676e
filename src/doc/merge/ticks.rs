//! The marks of checkboxes, taken off so that a tick and another change of the same line do not meet; and which check
//! box of a side is which one of the base: the same text, or nearly the same in the same place.

use std::collections::{HashMap, HashSet};

use similar::TextDiff;

use super::lines::stretches;
use super::versions::{Side, Versions};
use crate::doc::markdown::box_marks;

/// Replaces the mark of a box whose tick is merged apart from its text.
const NEUTRAL: char = '\u{1}';

/// The lines of one version of a section.
pub(super) struct Lines<'t> {
    /// As they are.
    pub(super) raw: Vec<&'t str>,
    /// Where the mark of a line's box is, within the line.
    marks: Vec<Option<usize>>,
}

impl<'t> Lines<'t> {
    /// Splits a text.
    pub(super) fn of(text: &'t str) -> Self {
        let raw: Vec<&str> = text.split_inclusive('\n').collect();
        let mut marks = vec![None; raw.len()];
        for (line, at) in box_marks(text) {
            marks[line] = Some(at);
        }
        Self { raw, marks }
    }

    /// Whether a line has a box.
    pub(super) fn is_box(&self, line: usize) -> bool {
        self.marks[line].is_some()
    }

    /// Returns the mark of a line's box.
    fn mark(&self, line: usize) -> char {
        self.marks[line].and_then(|at| self.raw[line][at..].chars().next()).unwrap_or(' ')
    }

    /// Returns a line with another mark in its box.
    pub(super) fn with_mark(&self, line: usize, mark: char) -> String {
        let mut text = self.raw[line].to_owned();
        if let Some(at) = self.marks[line] {
            text.replace_range(at..=at, mark.encode_utf8(&mut [0; 4]));
        }
        text
    }

    /// Returns all lines without the marks of boxes.
    pub(super) fn neutral(&self) -> Vec<String> {
        (0..self.raw.len()).map(|line| self.with_mark(line, NEUTRAL)).collect()
    }
}

/// How often each line is in a text, ticks and line endings aside.
pub(super) fn count_lines(text: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for line in Lines::of(text).neutral() {
        let line = line.trim_end();
        if !line.is_empty() {
            *counts.entry(line.to_owned()).or_default() += 1;
        }
    }
    counts
}

/// Ticks that are merged, by the line of each side.
pub(super) struct Ticks {
    merged: Versions<HashMap<usize, char>>,
}

impl Ticks {
    /// Merges the ticks of boxes that all versions have, and of boxes that both sides added.
    pub(super) fn merge(versions: Versions<&Lines<'_>>) -> Self {
        let neutral = versions.map(Lines::neutral);
        let ours = paired_boxes(versions.base, &neutral.base, versions.ours, &neutral.ours);
        let theirs = paired_boxes(versions.base, &neutral.base, versions.theirs, &neutral.theirs);
        let mut merged = Versions::<HashMap<usize, char>>::default();
        for (&base, &at_ours) in &ours {
            if let Some(&at_theirs) = theirs.get(&base) {
                let marks = Versions::new(
                    versions.base.mark(base),
                    versions.ours.mark(at_ours),
                    versions.theirs.mark(at_theirs),
                );
                let mark = decide(marks);
                merged.base.insert(base, mark);
                merged.ours.insert(at_ours, mark);
                merged.theirs.insert(at_theirs, mark);
            }
        }
        let is_new = |paired: &HashMap<usize, usize>, lines: &Lines<'_>| -> Vec<usize> {
            let paired: std::collections::HashSet<usize> = paired.values().copied().collect();
            (0..lines.raw.len()).filter(|line| lines.is_box(*line) && !paired.contains(line)).collect()
        };
        let mut open: HashMap<&str, Vec<usize>> = HashMap::new();
        for line in is_new(&theirs, versions.theirs).into_iter().rev() {
            open.entry(&neutral.theirs[line]).or_default().push(line);
        }
        for line in is_new(&ours, versions.ours) {
            if let Some(other) = open.get_mut(neutral.ours[line].as_str()).and_then(Vec::pop) {
                let mark = decide(Versions::new(' ', versions.ours.mark(line), versions.theirs.mark(other)));
                merged.ours.insert(line, mark);
                merged.theirs.insert(other, mark);
            }
        }
        Self { merged }
    }

    /// Returns a version's lines for comparison: merged boxes without their marks.
    pub(super) fn keys(&self, versions: Versions<&Lines<'_>>) -> Versions<Vec<String>> {
        let keys = |lines: &Lines<'_>, merged: &HashMap<usize, char>| {
            let key = |line: usize| {
                if merged.contains_key(&line) {
                    lines.with_mark(line, NEUTRAL)
                } else {
                    lines.raw[line].to_owned()
                }
            };
            (0..lines.raw.len()).map(key).collect()
        };
        Versions {
            base: keys(versions.base, &self.merged.base),
            ours: keys(versions.ours, &self.merged.ours),
            theirs: keys(versions.theirs, &self.merged.theirs),
        }
    }

    /// Returns a side's line with its tick merged.
    pub(super) fn line(&self, lines: &Lines<'_>, side: Side, line: usize) -> String {
        match self.merged.of(side).get(&line) {
            Some(mark) => lines.with_mark(line, *mark),
            None => lines.raw[line].to_owned(),
        }
    }
}

/// Decides between marks: the changed one wins, ticked or not; `x` and `X` are the same tick.
fn decide(marks: Versions<char>) -> char {
    let is_done = marks.map(|mark| mark != ' ');
    match is_done.decide() {
        Some(done) if is_done.ours == is_done.theirs && *done => *marks.decide_or_greater(),
        Some(done) => {
            let has = |mark: &&char| (**mark != ' ') == *done;
            *[&marks.ours, &marks.theirs].into_iter().find(has).unwrap_or(&' ')
        }
        None => ' ',
    }
}

/// Above this many boxes in one changed stretch only those of equal text are paired.
const MOST_COMPARED: usize = 40;
/// Two texts this much alike are taken for one that was corrected.
const ALIKE: f32 = 0.8;

/// Pairs the boxes of the base with those of a side, by line.
fn paired_boxes(
    base: &Lines<'_>,
    base_keys: &[String],
    side: &Lines<'_>,
    side_keys: &[String],
) -> HashMap<usize, usize> {
    let mut pairs = HashMap::new();
    for stretch in stretches(base_keys, side_keys) {
        if stretch.is_equal {
            let lines = stretch.old.zip(stretch.new);
            pairs.extend(lines.filter(|(line, _)| base.is_box(*line)));
            continue;
        }
        let old: Vec<usize> = stretch.old.filter(|line| base.is_box(*line)).collect();
        let new: Vec<usize> = stretch.new.filter(|line| side.is_box(*line)).collect();
        let (old_texts, new_texts) = (texts(&old, base_keys), texts(&new, side_keys));
        pairs.extend(alike(&old_texts, &new_texts).into_iter().map(|(a, b)| (old[a], new[b])));
    }
    pairs
}

fn texts<'k>(lines: &[usize], keys: &'k [String]) -> Vec<&'k str> {
    lines.iter().map(|&line| keys[line].as_str()).collect()
}

/// Pairs texts by index: equal ones first, then those that were corrected or that only got longer.
pub(super) fn alike(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let mut open: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, text) in new.iter().enumerate().rev() {
        open.entry(text).or_default().push(at);
    }
    let mut pairs = Vec::new();
    for (at, text) in old.iter().enumerate() {
        if let Some(other) = open.get_mut(text).and_then(Vec::pop) {
            pairs.push((at, other));
        }
    }
    if old.len().max(new.len()) > MOST_COMPARED {
        return pairs;
    }
    let taken: (HashSet<usize>, HashSet<usize>) = pairs.iter().copied().unzip();
    let mut free: Vec<usize> = (0..new.len()).filter(|at| !taken.1.contains(at)).collect();
    for at in (0..old.len()).filter(|at| !taken.0.contains(at)) {
        if let Some(found) = free.iter().position(|&other| is_alike(old[at], new[other])) {
            pairs.push((at, free.remove(found)));
        }
    }
    pairs
}

/// Whether one text is the other one corrected, or with something added. A box that says something else must
/// not inherit a tick.
fn is_alike(a: &str, b: &str) -> bool {
    let text = |line: &'_ str| line.split_once(']').map_or(line, |(_, text)| text).trim().to_lowercase();
    let (a, b) = (text(a), text(b));
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    let words: HashSet<&str> = long.split_whitespace().collect();
    let is_extended =
        short.split_whitespace().count() > 1 && short.split_whitespace().all(|word| words.contains(word));
    is_extended || (long.len() < 400 && TextDiff::from_chars(short.as_str(), long.as_str()).ratio() >= ALIKE)
}
