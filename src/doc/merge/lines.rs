//! Sequences: three texts as regions of lines, texts joined line by line, and sequences of distinct things joined into
//! one.
//!
//! Changes that touch without a line between them are one region, as with git. What both sides add at the same place is
//! ordered by content, so that the result does not depend on whose side is called ours.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::Hash;
use std::ops::Range;

use super::piece::{Piece, Subject};
use super::versions::Versions;
use crate::diff::{Algorithm, DiffTag, steps};

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
    pub(super) lines: Versions<Range<usize>>,
}

/// A stretch of the base and what a side has in its place.
struct Edit {
    base: Range<usize>,
    side: Range<usize>,
}

/// Returns the regions of three texts, in order; together they hold every line.
pub(super) fn regions<K: Eq + Hash>(texts: Versions<&[K]>) -> Vec<Region> {
    let edits = (edits(texts.base, texts.ours), edits(texts.base, texts.theirs));
    let (mut ours, mut theirs) = (edits.0.iter().peekable(), edits.1.iter().peekable());
    let mut at = Versions::new(0, 0, 0);
    let mut found = Vec::new();
    loop {
        let starts = [ours.peek(), theirs.peek()].map(|edit| edit.map(|edit| edit.base.start));
        let start = starts.into_iter().flatten().min().unwrap_or(texts.base.len());
        let same = start - at.base;
        push(&mut found, Change::Same, &mut at, Versions::new(same, same, same));
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
        let lengths = Versions::new(span, grown(span, ours_len), grown(span, theirs_len));
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

fn push(found: &mut Vec<Region>, change: Change, at: &mut Versions<usize>, lengths: Versions<usize>) {
    let next = Versions::new(at.base + lengths.base, at.ours + lengths.ours, at.theirs + lengths.theirs);
    if next != *at {
        let lines = Versions::new(at.base..next.base, at.ours..next.ours, at.theirs..next.theirs);
        found.push(Region { change, lines });
    }
    *at = next;
}

/// Returns what a side changed, neighbouring changes joined.
fn edits<K: Eq + Hash>(base: &[K], side: &[K]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for op in steps(Algorithm::Patience, base, side) {
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

/// Returns the lines that two texts share, whichever of them comes first: what replaces a base where there
/// is none. The indices are those of `ours`.
pub(super) fn shared<K: Eq + Hash + Ord>(ours: &[K], theirs: &[K]) -> Vec<usize> {
    let ours_first = ours <= theirs;
    let (old, new) = if ours_first { (ours, theirs) } else { (theirs, ours) };
    let equal = stretches(old, new).into_iter().filter(|stretch| stretch.is_equal);
    equal.flat_map(|stretch| if ours_first { stretch.old } else { stretch.new }).collect()
}

/// Merges texts line by line.
pub(super) fn join_lines(texts: Versions<&str>, subject: &Subject) -> Vec<Piece> {
    let lines = texts.map(|text| text.split_inclusive('\n').collect::<Vec<_>>());
    let mut pieces = Vec::new();
    for region in regions(lines.as_ref().map(Vec::as_slice)) {
        let found = Versions {
            base: &lines.base[region.lines.base],
            ours: &lines.ours[region.lines.ours],
            theirs: &lines.theirs[region.lines.theirs],
        };
        match region.change {
            Change::Same | Change::Ours => pieces.push(Piece::Text(found.ours.concat())),
            Change::Theirs => pieces.push(Piece::Text(found.theirs.concat())),
            Change::Both => add_conflict(found, subject, &mut pieces),
        }
    }
    pieces
}

/// Adds a conflict, without the lines at its beginning and end that both sides have.
pub(super) fn add_conflict(lines: Versions<&[&str]>, subject: &Subject, pieces: &mut Vec<Piece>) {
    let (ours, theirs) = (lines.ours, lines.theirs);
    let begin = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let (rest_ours, rest_theirs) = (&ours[begin..], &theirs[begin..]);
    let end = rest_ours.iter().rev().zip(rest_theirs.iter().rev()).take_while(|(a, b)| a == b).count();
    pieces.push(Piece::Text(ours[..begin].concat()));
    pieces.push(Piece::Conflict {
        subject: subject.clone(),
        sides: Versions {
            base: lines.base.concat(),
            ours: rest_ours[..rest_ours.len() - end].concat(),
            theirs: rest_theirs[..rest_theirs.len() - end].concat(),
        },
    });
    pieces.push(Piece::Text(rest_ours[rest_ours.len() - end..].concat()));
}

/// A joined sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined {
    /// The things, each once.
    pub(super) order: Vec<usize>,
    /// Whether both sides brought what the base has into orders that differ.
    pub(super) is_disputed: bool,
}

/// Joins two sequences. Only what is in `keep` is taken; `compare` orders by content.
pub(super) fn join_orders(
    sequences: Versions<&[usize]>,
    keep: &HashSet<usize>,
    compare: &dyn Fn(usize, usize) -> Ordering,
) -> Joined {
    let theirs: HashSet<usize> = sequences.theirs.iter().copied().collect();
    let ours: HashSet<usize> = sequences.ours.iter().copied().collect();
    let common: HashSet<usize> = ours.intersection(&theirs).copied().filter(|id| keep.contains(id)).collect();
    let (spine, is_disputed) = spine(sequences, &common, compare);
    let mut order = Vec::with_capacity(keep.len());
    let ours = runs(sequences.ours, &spine, &common, keep);
    let theirs = runs(sequences.theirs, &spine, &common, keep);
    for (at, (ours, theirs)) in ours.into_iter().zip(theirs).enumerate() {
        interleave(&ours, &theirs, compare, &mut order);
        order.extend(spine.get(at));
    }
    Joined { order, is_disputed }
}

/// Returns the order of what both sides have.
fn spine(
    sequences: Versions<&[usize]>,
    common: &HashSet<usize>,
    compare: &dyn Fn(usize, usize) -> Ordering,
) -> (Vec<usize>, bool) {
    let of = |sequence: &[usize]| -> Vec<usize> {
        sequence.iter().copied().filter(|id| common.contains(id)).collect()
    };
    let all = sequences.map(of);
    if all.ours == all.theirs {
        return (all.ours, false);
    }
    let based: HashSet<usize> = all.base.iter().copied().collect();
    let old = all
        .as_ref()
        .map(|sequence| sequence.iter().copied().filter(|id| based.contains(id)).collect::<Vec<_>>());
    let lesser = match lexicographic(&all.ours, &all.theirs, compare) {
        Ordering::Greater => all.theirs.clone(),
        _ => all.ours.clone(),
    };
    if old.ours == old.theirs {
        (lesser, false)
    } else if old.ours == old.base {
        (all.theirs, false)
    } else if old.theirs == old.base {
        (all.ours, false)
    } else {
        (lesser, true)
    }
}

fn lexicographic(a: &[usize], b: &[usize], compare: &dyn Fn(usize, usize) -> Ordering) -> Ordering {
    let differing = a.iter().zip(b).map(|(&a, &b)| compare(a, b)).find(|found| found.is_ne());
    differing.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// Returns what a side alone has, by the place in the spine that it is before.
fn runs(
    sequence: &[usize],
    spine: &[usize],
    common: &HashSet<usize>,
    keep: &HashSet<usize>,
) -> Vec<Vec<usize>> {
    let positions: std::collections::HashMap<usize, usize> =
        spine.iter().enumerate().map(|(at, &id)| (id, at + 1)).collect();
    let mut runs = vec![Vec::new(); spine.len() + 1];
    let mut place = 0;
    for id in sequence {
        if common.contains(id) {
            place = positions[id];
        } else if keep.contains(id) {
            runs[place].push(*id);
        }
    }
    runs
}

/// Joins two runs, each in its own order, the lesser head first.
fn interleave(
    ours: &[usize],
    theirs: &[usize],
    compare: &dyn Fn(usize, usize) -> Ordering,
    order: &mut Vec<usize>,
) {
    let (mut ours, mut theirs) = (ours.iter().peekable(), theirs.iter().peekable());
    loop {
        let next = match (ours.peek(), theirs.peek()) {
            (Some(&&a), Some(&&b)) if compare(a, b).is_le() => ours.next(),
            (_, Some(_)) => theirs.next(),
            (_, None) => ours.next(),
        };
        match next {
            Some(&id) => order.push(id),
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Change, join_orders, regions};
    use crate::doc::merge::versions::Versions;

    fn changes(base: &str, ours: &str, theirs: &str) -> Vec<(Change, String, String, String)> {
        let chars = Versions::new(base, ours, theirs).map(|text| text.chars().collect::<Vec<_>>());
        let lines = chars.as_ref().map(Vec::as_slice);
        let text = |all: &[char], range: std::ops::Range<usize>| all[range].iter().collect::<String>();
        regions(lines)
            .into_iter()
            .map(|region| {
                let Versions { base, ours, theirs } = region.lines;
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

    fn joined(base: &[usize], ours: &[usize], theirs: &[usize]) -> (Vec<usize>, bool) {
        let kept = |id: &usize| !base.contains(id) || (ours.contains(id) && theirs.contains(id));
        let keep: HashSet<usize> = ours.iter().chain(theirs).copied().filter(kept).collect();
        let one = join_orders(Versions::new(base, ours, theirs), &keep, &|a, b| a.cmp(&b));
        let other = join_orders(Versions::new(base, theirs, ours), &keep, &|a, b| a.cmp(&b));
        assert_eq!(one, other);
        (one.order, one.is_disputed)
    }

    #[test]
    fn keeps_both_sides_additions_and_either_sides_removals() {
        assert_eq!(joined(&[1, 2, 3], &[1, 3, 9], &[8, 1, 2, 3, 7]), (vec![8, 1, 3, 7, 9], false));
        assert_eq!(joined(&[], &[2, 1], &[3]), (vec![2, 1, 3], false));
        assert_eq!(joined(&[], &[2, 1], &[1, 2]), (vec![1, 2], false));
    }

    #[test]
    fn follows_the_side_that_reordered() {
        assert_eq!(joined(&[1, 2, 3], &[3, 1, 2], &[1, 2, 4, 3]), (vec![3, 1, 2, 4], false));
        assert_eq!(joined(&[1, 2, 3], &[3, 2, 1], &[2, 1, 3]), (vec![2, 1, 3], true));
    }
}
