//! What changed between two states of a task: fields, boxes, text.

use std::collections::{BTreeMap, BTreeSet};

use super::FieldChange;
use crate::doc::checkboxes;
use crate::model::{Field, Task};

/// Returns the fields that differ, by key, but for the stage and the history, which are moves.
#[must_use]
pub fn changed(before: &Task, after: &Task) -> Vec<FieldChange> {
    differences(&fields(before), &fields(after))
}

/// Returns the keys that differ between two tables, sorted.
#[must_use]
pub fn differences(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<FieldChange> {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |key: &String| FieldChange {
        key: key.clone(),
        before: before.get(key).cloned(),
        after: after.get(key).cloned(),
    };
    keys.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

fn fields(task: &Task) -> BTreeMap<String, String> {
    let known = Field::in_file().filter(|field| !matches!(field, Field::Id | Field::Stage));
    let known = known.map(|field| (field.key().to_owned(), task.value(field)));
    let known = known.filter(|(_, value)| !value.is_missing()).map(|(key, value)| (key, value.to_string()));
    known.chain(task.unknown.iter().cloned()).collect()
}

/// Boxes that were ticked and unticked.
#[derive(Debug)]
pub struct Ticks {
    /// Texts of boxes that were ticked.
    pub ticked: Vec<String>,
    /// Texts of boxes that were unticked.
    pub unticked: Vec<String>,
    /// Texts of boxes that are gone and were never ticked.
    pub dropped: Vec<String>,
    /// Whether the text differs in more than ticks.
    pub is_reworded: bool,
}

/// Compares the bodies of two states of a task. A box is known by its text; a new one that is ticked counts as ticked.
#[must_use]
pub fn ticks(before: Option<&Task>, after: &Task) -> Ticks {
    let counts = |task: &Task| {
        let mut counts: BTreeMap<String, (i32, i32)> = BTreeMap::new();
        for found in checkboxes(&task.body) {
            let count = counts.entry(found.text.trim().to_owned()).or_default();
            *if found.done { &mut count.0 } else { &mut count.1 } += 1;
        }
        counts
    };
    let (old, new) = (before.map(counts).unwrap_or_default(), counts(after));
    let gone = old.iter().filter(|(text, (_, open))| *open > 0 && !new.contains_key(*text));
    let dropped = gone.map(|(text, _)| text.clone()).collect();
    let (mut ticked, mut unticked) = (Vec::new(), Vec::new());
    for (text, (done, open)) in new {
        let (was_done, was_open) = old.get(&text).copied().unwrap_or_default();
        if done > was_done {
            ticked.push(text);
        } else if open > was_open && was_done > done {
            unticked.push(text);
        }
    }
    let is_reworded = before.is_some_and(|before| plain(&before.body) != plain(&after.body));
    Ticks { ticked, unticked, dropped, is_reworded }
}

/// Returns a body with all boxes alike.
fn plain(body: &str) -> String {
    let lines = body.lines().map(|line| {
        let open = line.replacen("[x]", "[ ]", 1).replacen("[X]", "[ ]", 1);
        open.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}
