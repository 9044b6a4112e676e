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
    let old: HashSet<&Node> = moves(records.base).iter().collect();
    let path = |record| -> Vec<(&str, &str)> {
        let added = moves(record).iter().filter(|step| !old.contains(step));
        added.map(|step| (field(step, "from").unwrap_or("none"), field(step, "to").unwrap_or(""))).collect()
    };
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

fn moves<'d>(record: &Record<'d>) -> &'d [Node] {
    match record.part("history").map(|part| part.value) {
        Some(Node::List(items)) => items,
        _ => &[],
    }
}
