//! The history of a card: a line per move, and the one move that a card without a history implies.

use chrono::{DateTime, NaiveDate, Utc};

use crate::model::{Move, MoveKind, Stage, Status};

use super::{lines, value};
use crate::doc::task::moment_text;

/// The name of the section that contains a history.
pub(crate) const SECTION: &str = "History";
/// The one line of a history without moves: a card of a completed task would otherwise imply one.
const EMPTY: &str = "- no moves recorded";
/// Who made a move that a card implies without naming anyone.
const UNKNOWN: &str = "unknown";

/// Writes one move as `2026-11-11T15:30:00Z none → dev (start) by ada: started`, with `via "builder-1"` before the
/// `by` where an agent made it.
fn write_one(step: &Move) -> String {
    let by = if value::is_plain(&step.by) && !step.by.contains(':') {
        step.by.clone()
    } else {
        value::quote(&step.by)
    };
    let why = step.why.as_deref().map_or_else(String::new, |why| format!(": {}", value::write(why)));
    let at = moment_text(step.at);
    let kind = step.kind.key().map_or_else(String::new, |kind| format!(" ({kind})"));
    let agent =
        step.agent.as_deref().map_or_else(String::new, |agent| format!(" via {}", value::quote(agent)));
    format!("- {at} {} → {}{kind}{agent} by {by}{why}", step.from, step.to)
}

/// Writes a history, a line per move.
pub(crate) fn write(history: &[Move]) -> Vec<String> {
    if history.is_empty() { vec![EMPTY.to_owned()] } else { history.iter().map(write_one).collect() }
}

/// Reads a history; returns none if any line is something else.
pub(crate) fn read<'a>(text: impl IntoIterator<Item = &'a str>) -> Option<Vec<Move>> {
    let lines: Vec<&str> = text.into_iter().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [] => None,
        [EMPTY] => Some(Vec::new()),
        lines => lines.iter().map(|line| read_one(line)).collect(),
    }
}

fn read_one(line: &str) -> Option<Move> {
    let (at, rest) = lines::list_item(line)?.split_once(' ')?;
    let at = DateTime::parse_from_rfc3339(at).ok()?.with_timezone(&Utc);
    let (from, rest) = rest.split_once(" → ")?;
    let (to, rest) = rest.split_once(' ')?;
    let (kind, rest) = match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(") ").map(|(kind, rest)| (MoveKind::parse(kind), rest))?,
        None => (MoveKind::Advance, rest),
    };
    let (agent, rest) = match rest.strip_prefix("via ") {
        Some(rest) => value::unquote_prefix(rest).map(|(agent, rest)| (Some(agent), rest.trim_start()))?,
        None => (None, rest),
    };
    let rest = rest.strip_prefix("by ")?;
    let (by, rest) = match value::unquote_prefix(rest) {
        Some(quoted) => quoted,
        None => {
            let end = rest.find(':').unwrap_or(rest.len());
            (value::read(&rest[..end]).text, &rest[end..])
        }
    };
    let why = match rest.strip_prefix(':') {
        Some(why) => Some(value::read(why).text),
        None if rest.trim().is_empty() => None,
        None => return None,
    };
    Some(Move { at, by, agent, from: Stage::parse(from)?, to: Stage::parse(to)?, kind, why, signature: None })
}

/// Returns the move that a card implies: its status was reached on that day.
pub(crate) fn implied(status: Status, day: NaiveDate, by: Option<&str>, to: &Stage) -> Option<Move> {
    let why = match status {
        Status::Completed => "imported as completed",
        Status::InProgress => "imported as in progress",
        _ => return None,
    };
    let at = day.and_hms_opt(0, 0, 0)?.and_utc();
    let by = by.unwrap_or(UNKNOWN).to_owned();
    let (kind, why) = (MoveKind::Import, Some(why.to_owned()));
    Some(Move { at, by, agent: None, from: Stage::none(), to: to.clone(), kind, why, signature: None })
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::{read, write};
    use crate::model::{Move, MoveKind, Stage};

    fn step(by: &str, why: Option<&str>) -> Move {
        Move {
            at: DateTime::<Utc>::from_timestamp(1_800_000_000, 5_000_000).unwrap(),
            by: by.to_owned(),
            agent: None,
            from: Stage::none(),
            to: Stage::parse("dev").unwrap(),
            kind: MoveKind::Advance,
            why: why.map(str::to_owned),
            signature: None,
        }
    }

    #[test]
    fn what_it_writes_it_reads() {
        let history = vec![
            step("ada", Some("started")),
            step("Ada <ada@example.com>", None),
            step("a: b", Some("")),
            step("", Some("x → y by z: w")),
            step("\"q\"", Some("two\nlines")),
            Move {
                kind: MoveKind::Fail,
                agent: Some("a by \"b\": c".to_owned()),
                ..step("ada", Some("slow"))
            },
        ];
        let lines = write(&history);
        assert_eq!(lines[0], "- 2027-01-15T08:00:00.005Z none → dev by ada: started");
        assert_eq!(read(lines.iter().map(String::as_str)), Some(history));
        assert_eq!(read(write(&[]).iter().map(String::as_str)), Some(Vec::new()));
    }

    #[test]
    fn anything_else_is_no_history() {
        for text in
            ["", "- began in May", "- 2027-01-15T08:00:00Z none → dev", "- 2027-01-15 none → dev by x"]
        {
            assert_eq!(read([text]), None, "{text}");
        }
    }
}
