//! The marks of check boxes, taken off so that a tick and another change of the same line do not meet.

use std::collections::HashMap;

use super::super::three::{Side, Three};
use super::pairs;
use crate::doc::markdown::box_marks;

/// Stands in for the mark of a box whose tick is settled apart from its text.
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

    /// Tells whether a line has a box.
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

/// How often each line stands in a text, ticks and line endings aside.
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

/// Ticks that are settled, by the line of each side.
pub(super) struct Ticks {
    settled: Three<HashMap<usize, char>>,
}

impl Ticks {
    /// Settles the ticks of boxes that all versions have, and of boxes that both sides added.
    pub(super) fn settle(versions: Three<&Lines<'_>>) -> Self {
        let neutral = versions.map(Lines::neutral);
        let ours = pairs::boxes(versions.base, &neutral.base, versions.ours, &neutral.ours);
        let theirs = pairs::boxes(versions.base, &neutral.base, versions.theirs, &neutral.theirs);
        let mut settled = Three::<HashMap<usize, char>>::default();
        for (&base, &at_ours) in &ours {
            if let Some(&at_theirs) = theirs.get(&base) {
                let marks = Three::new(
                    versions.base.mark(base),
                    versions.ours.mark(at_ours),
                    versions.theirs.mark(at_theirs),
                );
                let mark = decide(marks);
                settled.base.insert(base, mark);
                settled.ours.insert(at_ours, mark);
                settled.theirs.insert(at_theirs, mark);
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
                let mark = decide(Three::new(' ', versions.ours.mark(line), versions.theirs.mark(other)));
                settled.ours.insert(line, mark);
                settled.theirs.insert(other, mark);
            }
        }
        Self { settled }
    }

    /// Returns a version's lines for comparison: settled boxes without their marks.
    pub(super) fn keys(&self, versions: Three<&Lines<'_>>) -> Three<Vec<String>> {
        let keys = |lines: &Lines<'_>, settled: &HashMap<usize, char>| {
            let key = |line: usize| {
                if settled.contains_key(&line) {
                    lines.with_mark(line, NEUTRAL)
                } else {
                    lines.raw[line].to_owned()
                }
            };
            (0..lines.raw.len()).map(key).collect()
        };
        Three {
            base: keys(versions.base, &self.settled.base),
            ours: keys(versions.ours, &self.settled.ours),
            theirs: keys(versions.theirs, &self.settled.theirs),
        }
    }

    /// Returns a side's line with its tick settled.
    pub(super) fn line(&self, lines: &Lines<'_>, side: Side, line: usize) -> String {
        match self.settled.of(side).get(&line) {
            Some(mark) => lines.with_mark(line, *mark),
            None => lines.raw[line].to_owned(),
        }
    }
}

/// Decides between marks: the changed one wins, ticked or not; `x` and `X` are the same tick.
fn decide(marks: Three<char>) -> char {
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
