//! A task's stage, which its history explains: where both sides moved it, the moves decide before the values do.

use std::collections::HashSet;

use super::super::three::{Side, Three};
use super::record::Record;
use super::values::field;
use crate::doc::yaml::Node;

/// What the moves say of the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The stage is a value like any other.
    Plain,
    /// One side went the other's way and further.
    Follow(Side),
    /// The sides went different ways.
    Parted,
}

/// Judges the moves that each side added.
pub(super) fn judge(records: Three<&Record<'_>>) -> Verdict {
    let stage =
        |record: &Record<'_>| record.part("stage").and_then(|part| part.value.as_text()).map(str::to_owned);
    let stages = records.map(stage);
    if stages.ours == stages.theirs {
        return Verdict::Plain;
    }
    let path = |record| path(moves(records.base), moves(record));
    let (ours, theirs) = (path(records.ours), path(records.theirs));
    if ours.is_empty() || theirs.is_empty() {
        return Verdict::Plain;
    }
    let is_told = |stage: &Option<String>, path: &[(&str, &str)]| {
        path.last().map(|(_, to)| *to) == Some(stage.as_deref().unwrap_or("none"))
    };
    if theirs.starts_with(&ours) && is_told(&stages.theirs, &theirs) {
        Verdict::Follow(Side::Theirs)
    } else if ours.starts_with(&theirs) && is_told(&stages.ours, &ours) {
        Verdict::Follow(Side::Ours)
    } else {
        Verdict::Parted
    }
}

/// Returns the moves that a side added, from stage to stage. A move that stands in for one of the base is a
/// correction of it.
fn path<'n>(old: &'n [Node], new: &'n [Node]) -> Vec<(&'n str, &'n str)> {
    let step = |node| (field(node, "from").unwrap_or("none"), field(node, "to").unwrap_or(""));
    let (had, has): (HashSet<&Node>, HashSet<&Node>) = (old.iter().collect(), new.iter().collect());
    let mut gone: Vec<_> = old.iter().filter(|node| !has.contains(node)).map(step).collect();
    let added = new.iter().filter(|node| !had.contains(node)).map(step);
    let is_move = |step: &(&str, &str)| match gone.iter().position(|old| old == step) {
        Some(at) => {
            gone.swap_remove(at);
            false
        }
        None => true,
    };
    added.filter(is_move).collect()
}

fn moves<'d>(record: &Record<'d>) -> &'d [Node] {
    match record.part("history").map(|part| part.value) {
        Some(Node::List(items)) => items,
        _ => &[],
    }
}
