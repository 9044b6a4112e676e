//! How one sequence became another. Things are numbered first, so that what compares them is compiled once and not for
//! every type.

use std::collections::HashMap;
use std::hash::Hash;

pub(crate) use similar::{Algorithm, DiffOp, DiffTag};

/// Returns the steps from one sequence to another, in order.
pub(crate) fn steps<K: Eq + Hash>(algorithm: Algorithm, old: &[K], new: &[K]) -> Vec<DiffOp> {
    let mut numbers = HashMap::new();
    let mut number = |thing| {
        let next = numbers.len();
        *numbers.entry(thing).or_insert(next)
    };
    let old: Vec<usize> = old.iter().map(&mut number).collect();
    let new: Vec<usize> = new.iter().map(&mut number).collect();
    similar::capture_diff_slices(algorithm, &old, &new)
}
