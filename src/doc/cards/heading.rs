//! The heading of a card: `TASK-161FA: Title`, or with a dash.

use crate::model::TaskId;

use super::value;

/// What a card of a rendered document has for a title where the task has none.
const UNTITLED: &str = "(untitled)";

/// A card's heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading<'a> {
    pub(crate) id: TaskId,
    pub(crate) title: &'a str,
    /// Whether a colon or a dash parts id and title, as this program writes it. Any other spelling is a card's
    /// only where other cards have such ids.
    pub(crate) is_usual: bool,
}

/// Reads the text of a card's heading as it is usually written; returns none for any other heading.
pub(crate) fn read(text: &str) -> Option<(TaskId, &str)> {
    read_any(text).filter(|heading| heading.is_usual).map(|heading| (heading.id, heading.title))
}

/// Reads a heading that begins with an id: in small letters too, in brackets, with any separator or with none.
pub(crate) fn read_any(text: &str) -> Option<Heading<'_>> {
    let text = text.trim();
    let bare = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let end = bare.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(bare.len());
    let (id, rest) = (&bare[..end], &bare[end..]);
    let title = rest.strip_prefix(':').filter(|title| title.is_empty() || title.starts_with([' ', '\t']));
    let title = title.or_else(|| {
        let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
        rest.strip_prefix(['-', '–', '—']).filter(|title| title.starts_with([' ', '\t']))
    });
    if let (Some(title), Ok(parsed)) = (title, TaskId::parse(id))
        && bare.len() == text.len()
    {
        return Some(Heading { id: parsed, title: title.trim(), is_usual: true });
    }
    let id = TaskId::parse(&id.to_ascii_uppercase()).ok()?;
    (!rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '\''))).then(|| Heading {
        id,
        title: approximate_title(&text[..text.len() - bare.len()], rest),
        is_usual: false,
    })
}

/// Returns the title after an id and its separator. Marks of stress that begin before the id end at the end.
fn approximate_title<'a>(before: &str, rest: &'a str) -> &'a str {
    let is_mark = |c: char| matches!(c, '*' | '_' | '`' | '~');
    let rest = rest.trim();
    // The id, or the whole heading, is a link.
    let rest = match rest.strip_prefix("](").and_then(|link| link.split_once(')')) {
        Some((_, rest)) => rest.trim(),
        None if before.ends_with('[') && rest.ends_with(')') => {
            rest.rsplit_once("](").map_or(rest, |(title, _)| title)
        }
        None => rest,
    };
    let rest = if before.ends_with(is_mark) { rest.trim_end_matches(is_mark) } else { rest };
    rest.trim_start_matches(|c: char| {
        c.is_whitespace()
            || is_mark(c)
            || matches!(
                c,
                ':' | '：' | '-' | '–' | '—' | '·' | '•' | '|' | '/' | '=' | ')' | ']' | '>' | '»' | '→'
            )
    })
}

/// Returns the first id that a text names anywhere, in capital letters.
pub(crate) fn named_id(text: &str) -> Option<TaskId> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words.filter(|word| word.contains('-')).find_map(|word| TaskId::parse(&word.to_ascii_uppercase()).ok())
}

/// Whether an id only shows the form of an id, as `TASK-XXXX` does.
pub(crate) fn is_placeholder(id: &TaskId) -> bool {
    id.suffix().len() >= 3 && id.suffix().bytes().all(|byte| byte == b'X')
}

/// Writes the text of a card's heading. The second value says whether it reads as the same title.
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
    use super::{is_placeholder, named_id, read, read_any, write};
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
    fn any_plain_spelling_begins_with_the_id() {
        for text in [
            "A-1 · One: two",
            "A-1 One: two",
            "a-1: One: two",
            "A-1：One: two",
            "A-1 : One: two",
            "A-1:One: two",
            "A-1 | One: two",
            "A-1) One: two",
            "[A-1] One: two",
            "**A-1** One: two",
            "**A-1: One: two**",
            "`A-1`: One: two",
            "(A-1) One: two",
            "✅ A-1: One: two",
            "[ ] A-1 – One: two",
            "A-1 -One: two",
            "A-1 → One: two",
            "[A-1](https://example.com/browse/A-1): One: two",
            "[A-1: One: two](https://example.com/browse/A-1)",
            "~~A-1: One: two~~",
            "~~A-1~~ One: two",
        ] {
            let heading = read_any(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((heading.id.as_str(), heading.title), ("A-1", "One: two"), "{text}");
            assert!(!heading.is_usual, "{text}");
        }
        assert_eq!(read_any("A-1").unwrap().title, "");
        for text in ["A-1.2 notes", "Card A-1", "1. A-1: x", "A-1's part", "A-1é", "A-1-2"] {
            assert_eq!(read_any(text), None, "{text}");
        }
        assert_eq!(named_id("1. Card a-1, later").unwrap().as_str(), "A-1");
        assert_eq!(named_id("Next steps"), None);
    }

    #[test]
    fn knows_the_id_of_a_template() {
        assert!(is_placeholder(&TaskId::parse("TASK-XXXX").unwrap()));
        assert!(!is_placeholder(&TaskId::parse("TASK-X1XX").unwrap()));
    }

    #[test]
    fn reports_a_heading_that_loses_part_of_the_title() {
        let id = TaskId::parse("A-1").unwrap();
        assert_eq!(write(&id, "In C#"), ("A-1: In C#".to_owned(), true));
        for title in ["", "a\nb", "x #", "\u{1b}[2J"] {
            assert!(!write(&id, title).1, "{title:?}");
        }
    }
}
