//! Texts that both sides have changed, merged line by line.

use std::ops::Range;

use crate::diff::{Algorithm, DiffOp, steps};
use crate::model::SyncSide;

/// A merged text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedText {
    /// The text.
    pub text: String,
    /// Whether both sides have changed the same lines, so that those of one are not in the text.
    pub is_conflict: bool,
}

/// What one side has put in the place of lines of the base.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hunk {
    base: Range<usize>,
    side: Range<usize>,
}

/// Merges two versions of a text. Where both have changed the same lines or neighbouring ones, those of `preferred` stay.
#[must_use]
pub fn merge_lines(base: &str, here: &str, there: &str, preferred: SyncSide) -> MergedText {
    let split = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
    let (old, ours, theirs) = (split(base), split(here), split(there));
    let (mut left, mut right) = (hunks(&old, &ours).peekable(), hunks(&old, &theirs).peekable());
    let (mut lines, mut at, mut is_conflict): (Vec<&str>, usize, bool) = (Vec::new(), 0, false);
    let mut groups: Vec<(Range<usize>, Vec<Hunk>, Vec<Hunk>)> = Vec::new();
    loop {
        let is_left = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(a), Some(b)) => (a.base.start, a.base.end) <= (b.base.start, b.base.end),
        };
        let Some(hunk) = (if is_left { left.next() } else { right.next() }) else { break };
        let touches = groups.last().is_some_and(|(range, ..)| hunk.base.start <= range.end);
        if !touches {
            groups.push((hunk.base.clone(), Vec::new(), Vec::new()));
        }
        if let Some((range, ours, theirs)) = groups.last_mut() {
            range.end = range.end.max(hunk.base.end);
            if is_left { ours.push(hunk) } else { theirs.push(hunk) }
        }
    }
    for (range, left, right) in groups {
        lines.extend(&old[at..range.start]);
        at = range.end;
        let mine = replaced(&range, &left, &old, &ours);
        let other = replaced(&range, &right, &old, &theirs);
        let is_same = mine == other;
        is_conflict |= !left.is_empty() && !right.is_empty() && !is_same;
        let is_theirs = left.is_empty() || (!right.is_empty() && preferred == SyncSide::There);
        lines.extend(if is_theirs { other } else { mine });
    }
    lines.extend(&old[at..]);
    MergedText { text: lines.concat(), is_conflict }
}

fn hunks(old: &[&str], new: &[&str]) -> impl Iterator<Item = Hunk> {
    let ops = steps(Algorithm::Myers, old, new);
    ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. })).map(|op| {
        let (_, base, side) = op.as_tag_tuple();
        Hunk { base, side }
    })
}

/// Returns the lines that one side has in a range of the base.
fn replaced<'t>(range: &Range<usize>, hunks: &[Hunk], old: &[&'t str], new: &[&'t str]) -> Vec<&'t str> {
    let (mut lines, mut at) = (Vec::new(), range.start);
    for hunk in hunks {
        lines.extend(&old[at..hunk.base.start]);
        lines.extend(&new[hunk.side.clone()]);
        at = hunk.base.end;
    }
    lines.extend(&old[at..range.end]);
    lines
}

#[cfg(test)]
mod tests {
    use super::{MergedText, merge_lines};
    use crate::model::SyncSide;

    fn merged(base: &str, here: &str, there: &str) -> MergedText {
        merge_lines(base, here, there, SyncSide::Here)
    }

    #[test]
    fn changes_of_different_lines_are_all_in_the_text() {
        let found = merged("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\ne\n");
        assert_eq!((found.text.as_str(), found.is_conflict), ("A\nb\nc\nD\ne\n", false));
        let found = merged("a\nb\nc\n", "b\nc\n", "a\nb\nc\nd");
        assert_eq!((found.text.as_str(), found.is_conflict), ("b\nc\nd", false));
    }

    #[test]
    fn the_same_change_is_made_once() {
        let found = merged("a\nb\n", "a\nx\nb\n", "a\nx\nb\n");
        assert_eq!((found.text.as_str(), found.is_conflict), ("a\nx\nb\n", false));
    }

    #[test]
    fn changes_of_the_same_lines_are_a_conflict_that_one_side_wins() {
        let found = merged("a\nb\nc\n", "a\nours\nc\n", "a\ntheirs\nc\nd\n");
        assert_eq!((found.text.as_str(), found.is_conflict), ("a\nours\nc\nd\n", true));
        let found = merge_lines("a\n", "ours\n", "theirs\n", SyncSide::There);
        assert_eq!((found.text.as_str(), found.is_conflict), ("theirs\n", true));
        assert!(merged("a\n", "a\nx\n", "a\ny\n").is_conflict);
    }
}
