//! Two sequences of distinct things joined into one: what both have in common in its order, what one side alone has
//! behind the thing it stands behind there.
//!
//! What both sides add at the same place is ordered by content, so that the result does not depend on whose side is
//! called ours.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::three::Three;

/// A joined sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined {
    /// The things, each once.
    pub(super) order: Vec<usize>,
    /// Whether both sides brought what the base has into orders that differ.
    pub(super) is_disputed: bool,
}

/// Joins two sequences. Only what is in `keep` is taken; `compare` orders by content.
pub(super) fn join(
    sequences: Three<&[usize]>,
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
    sequences: Three<&[usize]>,
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

/// Returns what a side alone has, by the place in the spine that it stands before.
fn runs(
    sequence: &[usize],
    spine: &[usize],
    common: &HashSet<usize>,
    keep: &HashSet<usize>,
) -> Vec<Vec<usize>> {
    let places: std::collections::HashMap<usize, usize> =
        spine.iter().enumerate().map(|(at, &id)| (id, at + 1)).collect();
    let mut runs = vec![Vec::new(); spine.len() + 1];
    let mut place = 0;
    for id in sequence {
        if common.contains(id) {
            place = places[id];
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

    use super::join;
    use crate::doc::merge::three::Three;

    fn joined(base: &[usize], ours: &[usize], theirs: &[usize]) -> (Vec<usize>, bool) {
        let kept = |id: &usize| !base.contains(id) || (ours.contains(id) && theirs.contains(id));
        let keep: HashSet<usize> = ours.iter().chain(theirs).copied().filter(kept).collect();
        let one = join(Three::new(base, ours, theirs), &keep, &|a, b| a.cmp(&b));
        let other = join(Three::new(base, theirs, ours), &keep, &|a, b| a.cmp(&b));
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
