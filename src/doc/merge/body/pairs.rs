//! Which check box of a side is which one of the base: the same text, or nearly the same in the same place.

use std::collections::{HashMap, HashSet};

use similar::TextDiff;

use super::super::diff3::stretches;
use super::ticks::Lines;

/// Above this many boxes in one changed stretch only those of equal text are paired.
const MOST_COMPARED: usize = 40;
/// Two texts this much alike are taken for one that was corrected.
const ALIKE: f32 = 0.8;

/// Pairs the boxes of the base with those of a side, by line.
pub(super) fn boxes(
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

/// Tells whether one text is the other one corrected, or with something added. A box that says something else must
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
