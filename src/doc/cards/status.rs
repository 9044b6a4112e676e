//! The words and marks by which a card states its status.

use crate::model::Status;

/// Each status as a card is written, its mark, and what else people write for it. Words are compared without case,
/// marks and the difference between space, hyphen and underscore.
const WORDS: [(Status, &str, &str, &[&str]); 5] = [
    (
        Status::NotStarted,
        "NOT_STARTED",
        "",
        &["to do", "todo", "open", "pending", "planned", "backlog", "new"],
    ),
    (
        Status::InProgress,
        "IN_PROGRESS",
        "🚧",
        &["wip", "started", "active", "doing", "ongoing", "working", "work in progress"],
    ),
    (
        Status::Completed,
        "COMPLETED",
        "✅",
        &["complete", "done", "finished", "closed", "resolved", "merged", "shipped"],
    ),
    (Status::Blocked, "BLOCKED", "🔴", &["stuck"]),
    (Status::Cancelled, "CANCELLED", "❌", &["canceled", "abandoned", "dropped", "wontfix", "won t do"]),
];

/// What follows the status of a task that nobody blocked by hand.
const BY_DEPENDENCY: &str = "(by an open dependency)";

/// A status as a card gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The status.
    pub(crate) status: Status,
    /// Blocked by a dependency, so not by hand.
    pub(crate) by_dependency: bool,
    /// Whether the line says more than the status.
    pub(crate) has_more: bool,
}

/// Reads the value of a status line.
pub(crate) fn read(text: &str) -> Option<Reading> {
    let by_dependency = text.contains(BY_DEPENDENCY);
    let text = text.replace(BY_DEPENDENCY, "");
    let ends = ["(", ",", ";", ".", "—", "–", " - "].iter().filter_map(|mark| text.find(mark));
    let (head, tail) = text.split_at(ends.min().unwrap_or(text.len()));
    let words = words(head);
    let status = WORDS.iter().find_map(|(status, word, mark, others)| {
        let word = word.to_lowercase().replace('_', " ");
        let same = words == word || others.contains(&words.as_str());
        let marked = words.is_empty() && !mark.is_empty() && head.contains(mark);
        (same || marked).then_some(*status)
    })?;
    let has_more = tail.chars().any(char::is_alphanumeric);
    Some(Reading { status, by_dependency: by_dependency && status == Status::Blocked, has_more })
}

fn words(text: &str) -> String {
    let spaced: String =
        text.chars().map(|c| if c.is_alphanumeric() || c == '|' { c } else { ' ' }).collect();
    spaced.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the word a card is written with.
pub(crate) fn word(status: Status) -> &'static str {
    WORDS.iter().find(|(this, ..)| *this == status).map_or("", |(_, word, ..)| word)
}

/// Returns the mark beside the word; empty for a task that has not begun.
pub(crate) fn mark(status: Status) -> &'static str {
    WORDS.iter().find(|(this, ..)| *this == status).map_or("", |(_, _, mark, _)| mark)
}

/// Writes the value of a status line.
pub(crate) fn write(status: Status, by_dependency: bool) -> String {
    let mut parts = vec![word(status), mark(status)];
    if by_dependency && status == Status::Blocked {
        parts.push(BY_DEPENDENCY);
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{read, write};
    use crate::model::Status;

    #[test]
    fn reads_words_in_any_case_and_decoration() {
        let cases = [
            ("NOT_STARTED", Status::NotStarted),
            ("IN_PROGRESS 🚧", Status::InProgress),
            ("In Progress", Status::InProgress),
            ("**COMPLETED** ✅", Status::Completed),
            ("✅ Completed", Status::Completed),
            ("✅", Status::Completed),
            ("Done", Status::Completed),
            ("blocked 🔴", Status::Blocked),
            ("CANCELED ❌", Status::Cancelled),
            ("Won't do", Status::Cancelled),
        ];
        for (text, status) in cases {
            let reading = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((reading.status, reading.has_more), (status, false), "{text}");
        }
    }

    #[test]
    fn unknown_words_are_none_and_further_words_are_noted() {
        for text in
            ["", "NOT_STARTED | IN_PROGRESS 🚧 | COMPLETED ✅", "in review", "not done", "not completed"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(read("Done (except the docs)").unwrap().has_more);
    }

    #[test]
    fn what_it_writes_it_reads() {
        for status in Status::ALL {
            for by_dependency in [false, true] {
                let reading = read(&write(status, by_dependency)).unwrap();
                assert_eq!(reading.status, status);
                assert_eq!(reading.by_dependency, by_dependency && status == Status::Blocked);
                assert!(!reading.has_more);
            }
        }
    }
}
