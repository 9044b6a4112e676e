//! A value on one line: as it is where that is safe, else as a JSON string.
//!
//! A title with a line break, an escape sequence or a direction override must not break out of its line. A value
//! that would not come back as it is gets quoted; a quoted value is exact, so nothing is read into it.
//!
//! And what such a value means: a day, a person, a priority.

use chrono::NaiveDate;

use crate::model::Priority;

/// A value as a line gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    /// The text.
    pub(crate) text: String,
    /// Whether it was quoted: it is what its writer had, to the letter.
    pub(crate) exact: bool,
}

/// Reads a value: a JSON string, or text, out of the backticks around it.
pub(crate) fn read(text: &str) -> Value {
    let text = text.trim();
    if let Some(quoted) = unquote(text) {
        return Value { text: quoted, exact: true };
    }
    let inner = text.strip_prefix('`').and_then(|text| text.strip_suffix('`'));
    let text = inner.filter(|inner| !inner.is_empty() && !inner.contains('`')).unwrap_or(text);
    Value { text: text.trim().to_owned(), exact: false }
}

/// Writes a value so that [`read`] returns it.
pub(crate) fn write(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quote(text) }
}

/// Writes a value that may be left out, so that it is not taken for a word that says there is none.
pub(crate) fn write_quoted(text: &str) -> String {
    if is_placeholder(text) || read_day(text).is_some() { quote(text) } else { write(text) }
}

/// Reads a list: values between commas, tags such as `#ui #api` between spaces, or a JSON array of strings.
pub(crate) fn read_list(text: &str) -> Vec<String> {
    let text = text.trim();
    if let Some(exact) = serde_json::from_str(text).ok().filter(|_: &Vec<String>| text.starts_with('[')) {
        return exact;
    }
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let items = inner.split([',', ';', '，', '、']).flat_map(|item| match tags(item) {
        Some(tags) => tags,
        None => vec![item],
    });
    let items = items.map(|item| read(item).text.trim_start_matches('#').to_owned());
    items.filter(|item| !is_placeholder(item)).collect()
}

/// Returns the words of a text that are all tags.
fn tags(text: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_tag = |word: &&str| word.trim_start_matches('`').starts_with('#');
    (words.len() > 1 && words.iter().all(is_tag)).then_some(words)
}

/// Reads ids: between commas, words such as `and`, or spaces. The second value says whether the text says more.
pub(crate) fn read_ids(text: &str) -> (Vec<String>, bool) {
    let mut has_more = false;
    let mut ids = Vec::new();
    let plain = text.replace([';', '，', '、', '&', '+'], ",").replace(" and ", ",");
    for item in read_list(&plain) {
        let (id, note) = item.split_once([' ', '(']).unwrap_or((&item, ""));
        let is_note = note.is_empty() || item[id.len()..].trim_start().starts_with('(');
        if is_note {
            has_more |= !note.is_empty();
            ids.push(read(id).text.to_ascii_uppercase());
        } else {
            ids.extend(item.split_whitespace().map(|id| read(id).text.to_ascii_uppercase()));
        }
    }
    (ids, has_more)
}

/// Writes a list so that [`read_list`] returns it.
pub(crate) fn write_list(items: &[String]) -> String {
    let plain = items.join(", ");
    if !plain.chars().any(is_unsafe) && read_list(&plain) == items {
        return plain;
    }
    let quoted: Vec<String> = items.iter().map(|item| quote(item)).collect();
    format!("[{}]", quoted.join(", "))
}

/// Whether a value can be written on a line as it is and read back.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.chars().any(is_unsafe)
        && read(text) == (Value { text: text.to_owned(), exact: false })
}

/// Reads a text that is a JSON string and nothing else.
pub(crate) fn unquote(text: &str) -> Option<String> {
    text.starts_with('"').then(|| serde_json::from_str(text).ok()).flatten()
}

/// Reads a JSON string at the beginning of a text; returns it with what follows.
pub(crate) fn unquote_prefix(text: &str) -> Option<(String, &str)> {
    if !text.starts_with('"') {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = values.next()?.ok()?;
    Some((value, &text[values.byte_offset()..]))
}

/// Writes a text as a JSON string in which no character acts on a terminal or on the direction of the line.
pub(crate) fn quote(text: &str) -> String {
    use std::fmt::Write as _;
    let mut result = String::with_capacity(text.len() + 2);
    result.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => result.extend(['\\', c]),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            c if is_unsafe(c) => {
                let _ = write!(result, "\\u{:04x}", u32::from(c));
            }
            c => result.push(c),
        }
    }
    result.push('"');
    result
}

/// Makes a text safe for a heading or a line: line breaks become spaces, other control characters are escaped.
pub(crate) fn one_line(text: &str) -> String {
    use std::fmt::Write as _;
    let mut result = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => result.push(' '),
            c if is_unsafe(c) => {
                let _ = write!(result, "\\u{:04x}", u32::from(c));
            }
            c => result.push(c),
        }
    }
    result
}

/// Control characters, line separators and those that change the direction of what follows. All are below U+FFFF.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A day as a card gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    /// The day.
    pub(crate) day: NaiveDate,
    /// Whether the line says more than the day.
    pub(crate) has_more: bool,
}

/// Reads `2025-05-23`, also with more after it, and the usual long forms.
pub(crate) fn read_day(text: &str) -> Option<Day> {
    const LONG: [&str; 7] =
        ["%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y"];
    let text = text.trim().trim_matches(['`', '*', '"']).trim();
    let (before, note) = text.split_once(" (").unwrap_or((text, ""));
    if let Some(day) = LONG.iter().find_map(|form| NaiveDate::parse_from_str(before.trim(), form).ok()) {
        return Some(Day { day, has_more: !note.is_empty() });
    }
    let (head, tail) = text.split_at_checked(10)?;
    let day = NaiveDate::parse_from_str(head, "%Y-%m-%d").ok()?;
    let ends = !tail.starts_with(|c: char| c.is_ascii_digit());
    ends.then_some(Day { day, has_more: tail.chars().any(char::is_alphanumeric) })
}

/// Whether a value says that there is none.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    matches!(text.as_str(), "" | "-" | "—" | "–" | "no" | "none" | "n/a" | "tbd" | "yyyy-mm-dd")
}

/// An assignee as a card gives it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Assignee {
    /// The first name; none where nobody is assigned.
    pub(crate) first: Option<String>,
    /// The whole text, where it says more than the first name.
    pub(crate) whole: Option<String>,
}

/// Words for nobody.
const NOBODY: [&str; 8] = ["", "-", "—", "none", "nobody", "unassigned", "n/a", "tbd"];

/// Reads `CA (implementation), CC (test fixes)`: the first is `CA`.
pub(crate) fn read_person(text: &str) -> Assignee {
    let value = read(text);
    if value.exact {
        return Assignee { first: Some(value.text), whole: None };
    }
    if NOBODY.contains(&value.text.to_lowercase().as_str()) {
        return Assignee::default();
    }
    let end = [",", ";", " (", " & ", " and ", " + ", "/", "|"]
        .iter()
        .filter_map(|mark| value.text.find(mark))
        .min();
    let first = value.text[..end.unwrap_or(value.text.len())].trim();
    if first.is_empty() || first == value.text {
        return Assignee { first: Some(value.text), whole: None };
    }
    Assignee { first: Some(read(first).text), whole: Some(value.text) }
}

/// Writes an assignee so that [`read_person`] returns it.
pub(crate) fn write_person(name: &str) -> String {
    let same = Assignee { first: Some(name.to_owned()), whole: None };
    if is_plain(name) && read_person(name) == same { name.to_owned() } else { quote(name) }
}

/// A priority as a card gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PriorityReading {
    /// The priority.
    pub(crate) priority: Priority,
    /// Whether the line says more.
    pub(crate) has_more: bool,
}

/// Reads the value of a priority line: the word, out of the marks around it.
pub(crate) fn read_priority(text: &str) -> Option<PriorityReading> {
    let read = read(text);
    if read.exact {
        return Some(PriorityReading { priority: Priority::parse(&read.text), has_more: false });
    }
    if is_placeholder(&read.text) || read.text.contains('|') {
        return None;
    }
    let is_word = |c: char| c.is_alphanumeric();
    let start = read.text.find(is_word)?;
    let word = &read.text[start..];
    let (word, rest) = word.split_at(word.find(|c| !is_word(c)).unwrap_or(word.len()));
    match Priority::parse(word) {
        // What is not quoted as this program writes it is left for a person: no other command takes it.
        Priority::Unknown(_) => None,
        known => Some(PriorityReading { priority: known, has_more: rest.contains(is_word) }),
    }
}

/// Writes a priority so that [`read_priority`] returns it.
pub(crate) fn write_priority(priority: &Priority) -> String {
    let text = match priority {
        Priority::Unknown(text) => text.clone(),
        known => known.as_str().to_uppercase(),
    };
    let same = PriorityReading { priority: priority.clone(), has_more: false };
    if is_plain(&text) && read_priority(&text) == Some(same) { text } else { quote(&text) }
}

#[cfg(test)]
mod tests {
    use super::{one_line, quote, read, read_ids, read_list, unquote_prefix, write, write_list};

    #[test]
    fn plain_values_stay_plain() {
        for text in ["CA", "main (merged)", "a: b", "ünï → code", "say \"hi\""] {
            assert_eq!(write(text), text);
        }
        assert_eq!(read(" `dev/x` ").text, "dev/x");
        assert_eq!(read("`a` and `b`").text, "`a` and `b`");
    }

    #[test]
    fn what_it_writes_it_reads() {
        for text in
            ["", " a", "a\nb", "\"q\"", "`x`", "\u{1b}[2J", "\u{202e}x", "a\\", "\u{feff}", "\"", "``"]
        {
            let line = write(text);
            assert!(!line.contains(['\n', '\u{1b}', '\u{202e}']), "{line:?}");
            assert_eq!(read(&line).text, text, "{line:?}");
        }
    }

    #[test]
    fn lists_are_what_they_were() {
        assert_eq!(read_list("#ui, `a b`, -"), ["ui", "a b"]);
        assert_eq!(read_list("#ui #api"), ["ui", "api"]);
        assert_eq!(read_list("`#ui` `#api`, big plan; c"), ["ui", "api", "big plan", "c"]);
        assert_eq!(read_list("#ui and more"), ["ui and more"]);
        for items in [&["ui", "a b"][..], &["a,b"], &["#x", ""], &["none"], &["[a", "b]"], &[" a"], &[]] {
            let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
            assert_eq!(read_list(&write_list(&items)), items, "{items:?}");
        }
    }

    #[test]
    fn ids_are_read_out_of_words() {
        for text in
            ["A-1, B-2", "A-1 and B-2", "a-1 & b-2", "`A-1`; `B-2`", "[A-1, B-2]", "A-1 B-2", "A-1 + B-2"]
        {
            assert_eq!(read_ids(text), (vec!["A-1".to_owned(), "B-2".to_owned()], false), "{text}");
        }
        for text in ["A-1, B-2 (soft)", "A-1 (done), B-2", "A-1(x) and B-2"] {
            assert_eq!(read_ids(text), (vec!["A-1".to_owned(), "B-2".to_owned()], true), "{text}");
        }
        assert_eq!(read_ids("A-1, the weather").0, ["A-1", "THE", "WEATHER"]);
    }

    #[test]
    fn quoted_text_ends_where_it_ends() {
        let line = format!("{}: why", quote("a: \"b\""));
        assert_eq!(unquote_prefix(&line), Some(("a: \"b\"".to_owned(), ": why")));
        assert_eq!(unquote_prefix("\"open"), None);
    }

    #[test]
    fn a_line_has_no_breaks_and_no_escapes() {
        assert_eq!(one_line(" a\nb\u{1b}[0m "), "a b\\u001b[0m");
    }
}

#[cfg(test)]
mod day_tests {
    use super::{is_placeholder, read_day as read};

    #[test]
    fn reads_the_usual_forms() {
        for text in ["2025-05-23", "2025/05/23", "23.05.2025", "May 23, 2025", "23 May 2025", "`2025-05-23`"]
        {
            let day = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((day.day.to_string().as_str(), day.has_more), ("2025-05-23", false), "{text}");
        }
        assert!(read("2025-05-23 (afternoon)").unwrap().has_more);
        assert!(read("May 23, 2025 (afternoon)").unwrap().has_more);
        assert!(read("2025-05-23T10:00:00Z").unwrap().has_more);
        for text in ["", "soon", "2025-13-01", "2025-05-231", "ééééééé"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn recognises_placeholders() {
        assert!(is_placeholder(" YYYY-MM-DD "));
        assert!(!is_placeholder("2025-05-23"));
    }
}

#[cfg(test)]
mod person_tests {
    use super::{Assignee, read_person as read, write_person as write};

    #[test]
    fn the_first_of_several_is_assigned_and_the_rest_is_kept() {
        for text in [
            "CA (implementation), CC (test fixes)",
            "CA, CC",
            "CA & CC",
            "CA/CC",
            "CA (initial)",
            "CA and CC",
        ] {
            let whole = Some(text.to_owned());
            assert_eq!(read(text), Assignee { first: Some("CA".to_owned()), whole }, "{text}");
        }
        assert_eq!(read("Ada Lovelace").first.as_deref(), Some("Ada Lovelace"));
        assert_eq!(read("TBD"), Assignee::default());
        assert_eq!(read("`robot-2` (by script)").first.as_deref(), Some("robot-2"));
    }

    #[test]
    fn what_it_writes_it_reads() {
        for name in ["CA", "Ada Lovelace <ada@example.com>", "CA, CC", "none", "a\nb", "x (y)", "(y)", ""] {
            assert_eq!(
                read(&write(name)),
                Assignee { first: Some(name.to_owned()), whole: None },
                "{name:?}"
            );
        }
    }
}

#[cfg(test)]
mod priority_tests {
    use super::{quote, read_priority as read, write_priority as write};
    use crate::model::Priority;

    #[test]
    fn reads_words_in_any_case_and_decoration() {
        for text in ["HIGH", "high", "🔴 High", "**High**", "High!"] {
            let reading = read(text).unwrap();
            assert_eq!((reading.priority, reading.has_more), (Priority::High, false), "{text}");
        }
        assert!(read("High (for now)").unwrap().has_more);
        assert_eq!(read(&quote("P1, soon")).unwrap().priority, Priority::Unknown("P1, soon".to_owned()));
        for text in ["P1", "P1, soon", "urgent", "", "LOW | MEDIUM | HIGH", "-", "🔴"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_it_writes_it_reads() {
        let unknown = |text: &str| Priority::Unknown(text.to_owned());
        for priority in
            [Priority::Low, Priority::Critical, unknown("P1"), unknown("a | b"), unknown(""), unknown("-")]
        {
            assert_eq!(read(&write(&priority)).unwrap().priority, priority);
        }
    }
}
