//! The moves in a task's `history`.

use super::entry::{EntryKind, entries};
use super::read::stage;
use super::{Entry, Fields};
use crate::doc::printable::printable;
use crate::doc::yaml::Node;
use crate::model::{Move, MoveKind, Problem, Stage};

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
    let kind = entry.optional(fields, "kind", |text| match text {
        text if is_word(text) => Ok(MoveKind::parse(text)),
        text => {
            let problem = Problem::error(format!("invalid kind of move `{}`", printable(text)));
            Err(problem.with_hint(format!("expected {}, or no `kind`", MoveKind::KNOWN.join(", "))))
        }
    });
    if let Some(MoveKind::Unknown(text)) = &kind {
        let problem = Problem::warning(format!("unknown kind of move `{}`", printable(text)));
        let hint = format!("expected {}; it is judged as a plain advance", MoveKind::KNOWN.join(", "));
        entry.report(fields, "kind", problem.with_hint(hint));
    }
    let text = |field: &str| entry.value(field).and_then(Node::as_text).map(str::to_owned);
    let (agent, why, kind) = (text("agent"), text("why"), kind.unwrap_or_default());
    Some(Move { at: at?, by: by?, agent, from: from?, to: to?, kind, why })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}
