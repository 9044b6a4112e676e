//! The heading of a card: `TASK-161FA: Title`, or with a dash.

use crate::model::TaskId;

use super::value;

/// What a card of a rendered document has for a title where the task has none.
const UNTITLED: &str = "(untitled)";

/// Reads the text of a card's heading; returns none for any other heading.
pub(crate) fn read(text: &str) -> Option<(TaskId, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
    let (id, rest) = (&text[..end], &text[end..]);
    let title = rest.strip_prefix(':').filter(|title| title.is_empty() || title.starts_with([' ', '\t']));
    let title = title.or_else(|| {
        let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
        rest.strip_prefix(['-', '–', '—']).filter(|title| title.starts_with([' ', '\t']))
    })?;
    Some((TaskId::parse(id).ok()?, title.trim()))
}

/// Tells whether an id only shows the form of an id, as `TASK-XXXX` does.
pub(crate) fn is_placeholder(id: &TaskId) -> bool {
    id.suffix().len() >= 3 && id.suffix().bytes().all(|byte| byte == b'X')
}

/// Writes the text of a card's heading. The second value tells whether it reads as the same title.
pub(crate) fn write(id: &TaskId, title: &str) -> (String, bool) {
    let shown = value::one_line(title);
    let text = format!("{id}: {}", if shown.is_empty() { UNTITLED } else { &shown });
    let line = format!("# {text}");
    let same = super::lines::scan_lines([line.as_str()])
        .first()
        .and_then(super::lines::Line::heading)
        .and_then(|(_, text)| read(text))
        .is_some_and(|(_, read)| read == title);
    (text, same)
}

#[cfg(test)]
mod tests {
    use super::{is_placeholder, read, write};
    use crate::model::TaskId;

    fn title(text: &str) -> Option<(String, String)> {
        read(text).map(|(id, title)| (id.to_string(), title.to_owned()))
    }

    #[test]
    fn reads_a_colon_and_dashes() {
        for text in ["A-1: One: two", "A-1 - One: two", "A-1 — One: two", " A-1 –  One: two "] {
            assert_eq!(title(text), Some(("A-1".to_owned(), "One: two".to_owned())), "{text}");
        }
    }

    #[test]
    fn other_headings_are_no_cards() {
        for text in ["Next steps", "task-1: x", "A-1", "A-1 x", "A-1:x", "A-1-2: x", "A-: x", "A-1 -x", ""] {
            assert_eq!(title(text), None, "{text}");
        }
    }

    #[test]
    fn knows_the_id_of_a_template() {
        assert!(is_placeholder(&TaskId::parse("TASK-XXXX").unwrap()));
        assert!(!is_placeholder(&TaskId::parse("TASK-X1XX").unwrap()));
    }

    #[test]
    fn tells_when_the_heading_says_less_than_the_title() {
        let id = TaskId::parse("A-1").unwrap();
        assert_eq!(write(&id, "In C#"), ("A-1: In C#".to_owned(), true));
        for title in ["", "a\nb", "x #", "\u{1b}[2J"] {
            assert!(!write(&id, title).1, "{title:?}");
        }
    }
}
