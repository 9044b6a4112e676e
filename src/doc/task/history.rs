//! The moves in a task's `history`.

use super::entry::{EntryKind, entries};
use super::read::stage;
use super::{Entry, Fields};
use crate::doc::yaml::Node;
use crate::model::{Move, Stage};

const KEY: &str = "history";

/// Reads all moves that can be read; what is wrong with the others is reported with the entry and its field.
pub(super) fn read_history(fields: &mut Fields<'_>) -> Vec<Move> {
    let kind =
        EntryKind {
            list: KEY, one: "move", plural: "moves", example: "{at: …, by: …, from: …, to: …}"
        };
    entries(fields, kind).iter().filter_map(|entry| read_move(entry, fields)).collect()
}

fn read_move(entry: &Entry<'_>, fields: &mut Fields<'_>) -> Option<Move> {
    let at = entry.moment(fields, "at");
    let by = entry.required(fields, "by", |text| Ok(text.to_owned()));
    let from: Option<Stage> = entry.required(fields, "from", stage);
    let to = entry.required(fields, "to", stage);
    let why = entry.value("why").and_then(Node::as_text).map(str::to_owned);
    Some(Move { at: at?, by: by?, from: from?, to: to?, why })
}
