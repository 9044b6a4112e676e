//! Three texts as regions of lines: where nobody, one side or both sides changed something.
//!
//! Changes that touch without a line between them are one region, as with git.

use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::three::Three;

/// What happened in a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// All three are alike, or both sides made the same change.
    Same,
    /// Only ours differs from the base.
    Ours,
    /// Only theirs differs from the base.
    Theirs,
    /// Both differ, and from each other.
    Both,
}

/// Some lines of each text that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) change: Change,
    pub(super) lines: Three<Range<usize>>,
}

/// A stretch of the base and what a side has in its place.
struct Edit {
    base: Range<usize>,
    side: Range<usize>,
}

/// Returns the regions of three texts, in order; together they hold every line.
pub(super) fn regions<K: Eq + Hash>(texts: Three<&[K]>) -> Vec<Region> {
    let edits = (edits(texts.base, texts.ours), edits(texts.base, texts.theirs));
    let (mut ours, mut theirs) = (edits.0.iter().peekable(), edits.1.iter().peekable());
    let mut at = Three::new(0, 0, 0);
    let mut found = Vec::new();
    loop {
        let starts = [ours.peek(), theirs.peek()].map(|edit| edit.map(|edit| edit.base.start));
        let start = starts.into_iter().flatten().min().unwrap_or(texts.base.len());
        let same = start - at.base;
        push(&mut found, Change::Same, &mut at, Three::new(same, same, same));
        let (mut end, mut ours_len, mut theirs_len) = (start, 0, 0);
        let (mut is_ours, mut is_theirs) = (false, false);
        // Lengths are counted as the difference to the base until the region's end is known.
        loop {
            if let Some(edit) = ours.next_if(|edit| edit.base.start <= end) {
                (end, is_ours) = (end.max(edit.base.end), true);
                ours_len += length(&edit.side) - length(&edit.base);
            } else if let Some(edit) = theirs.next_if(|edit| edit.base.start <= end) {
                (end, is_theirs) = (end.max(edit.base.end), true);
                theirs_len += length(&edit.side) - length(&edit.base);
            } else {
                break;
            }
        }
        if !is_ours && !is_theirs {
            return found;
        }
        let span = end - start;
        let lengths = Three::new(span, grown(span, ours_len), grown(span, theirs_len));
        let change = match (is_ours, is_theirs) {
            (true, false) => Change::Ours,
            (false, _) => Change::Theirs,
            (true, true) => {
                let ours = &texts.ours[at.ours..at.ours + lengths.ours];
                let theirs = &texts.theirs[at.theirs..at.theirs + lengths.theirs];
                if ours == theirs { Change::Same } else { Change::Both }
            }
        };
        push(&mut found, change, &mut at, lengths);
    }
}

fn length(range: &Range<usize>) -> isize {
    isize::try_from(range.len()).unwrap_or(isize::MAX)
}

fn grown(span: usize, by: isize) -> usize {
    span.checked_add_signed(by).expect("a side's lines in a region are at least none")
}

fn push(found: &mut Vec<Region>, change: Change, at: &mut Three<usize>, lengths: Three<usize>) {
    let next = Three::new(at.base + lengths.base, at.ours + lengths.ours, at.theirs + lengths.theirs);
    if next != *at {
        let lines = Three::new(at.base..next.base, at.ours..next.ours, at.theirs..next.theirs);
        found.push(Region { change, lines });
    }
    *at = next;
}

/// Returns what a side changed, neighbouring changes joined.
fn edits<K: Eq + Hash>(base: &[K], side: &[K]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, base, side) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let edit = Edit { base: op.old_range(), side: op.new_range() };
        match edits.last_mut() {
            Some(last) if last.base.end == edit.base.start => {
                last.base.end = edit.base.end;
                last.side.end = edit.side.end;
            }
            _ => edits.push(edit),
        }
    }
    edits
}

/// A stretch of two texts: equal, or one in place of the other.
pub(super) struct Stretch {
    pub(super) is_equal: bool,
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// Returns how one text became another.
pub(super) fn stretches<K: Eq + Hash>(old: &[K], new: &[K]) -> Vec<Stretch> {
    let mut found = Vec::new();
    let mut at = (0, 0);
    for edit in edits(old, new) {
        found.push(Stretch { is_equal: true, old: at.0..edit.base.start, new: at.1..edit.side.start });
        at = (edit.base.end, edit.side.end);
        found.push(Stretch { is_equal: false, old: edit.base, new: edit.side });
    }
    found.push(Stretch { is_equal: true, old: at.0..old.len(), new: at.1..new.len() });
    found
}

/// Returns the lines that two texts share, whichever of them comes first: what stands in for a base where there
/// is none. The indices are those of `ours`.
pub(super) fn shared<K: Eq + Hash + Ord>(ours: &[K], theirs: &[K]) -> Vec<usize> {
    let ours_first = ours <= theirs;
    let (old, new) = if ours_first { (ours, theirs) } else { (theirs, ours) };
    let equal = stretches(old, new).into_iter().filter(|stretch| stretch.is_equal);
    equal.flat_map(|stretch| if ours_first { stretch.old } else { stretch.new }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Change, regions};
    use crate::doc::merge::three::Three;

    fn changes(base: &str, ours: &str, theirs: &str) -> Vec<(Change, String, String, String)> {
        let chars = Three::new(base, ours, theirs).map(|text| text.chars().collect::<Vec<_>>());
        let lines = chars.as_ref().map(Vec::as_slice);
        let text = |all: &[char], range: std::ops::Range<usize>| all[range].iter().collect::<String>();
        regions(lines)
            .into_iter()
            .map(|region| {
                let Three { base, ours, theirs } = region.lines;
                (region.change, text(lines.base, base), text(lines.ours, ours), text(lines.theirs, theirs))
            })
            .collect()
    }

    fn one(change: Change, base: &str, ours: &str, theirs: &str) -> (Change, String, String, String) {
        (change, base.to_owned(), ours.to_owned(), theirs.to_owned())
    }

    #[test]
    fn tells_the_sides_apart() {
        assert_eq!(
            changes("abcdef", "Abcdef", "abcdXf"),
            [
                one(Change::Ours, "a", "A", "a"),
                one(Change::Same, "bcd", "bcd", "bcd"),
                one(Change::Theirs, "e", "e", "X"),
                one(Change::Same, "f", "f", "f"),
            ]
        );
    }

    #[test]
    fn joins_what_touches() {
        assert_eq!(
            changes("abcd", "aXcd", "abYd"),
            [
                one(Change::Same, "a", "a", "a"),
                one(Change::Both, "bc", "Xc", "bY"),
                one(Change::Same, "d", "d", "d")
            ]
        );
        assert_eq!(changes("", "x", "y"), [one(Change::Both, "", "x", "y")]);
        assert_eq!(
            changes("ab", "b", "b"),
            [one(Change::Same, "a", "", ""), one(Change::Same, "b", "b", "b")]
        );
        assert_eq!(changes("", "", ""), []);
    }
}
