//! Texts for cells: fitted to a width, with nothing in them that a terminal would obey.

use chrono::{DateTime, Utc};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::env::local;
use crate::model::is_obeyed;

/// Returns a text as one line, without what a terminal would obey.
pub(super) fn clean(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => Some(' '),
        c if is_obeyed(c) => None,
        c => Some(c),
    };
    text.chars().filter_map(shown).collect()
}

/// Returns the columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to a width.
pub(super) fn truncate(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut truncate = String::new();
    let mut taken = 0;
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken + 1 > width {
            break;
        }
        truncate.push(c);
    }
    if width > 0 {
        truncate.push('…');
    }
    truncate
}

/// Cuts a text to a width, or fills it up to it.
pub(super) fn fit(text: &str, width: usize) -> String {
    let mut fitted = truncate(text, width);
    fitted.extend(std::iter::repeat_n(' ', width.saturating_sub(fitted.width())));
    fitted
}

/// Breaks a text into lines of a width, between words where that is possible; a line that fits stays as it is. An empty
/// text is one empty line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let line = clean(line);
        if line.width() <= width {
            lines.push(line.trim_end().to_owned());
            continue;
        }
        let indent: String = line.chars().take_while(|c| *c == ' ').take(width / 2).collect();
        let mut current = indent.clone();
        let mut has_word = false;
        for word in line.split_whitespace() {
            let gap = usize::from(has_word);
            if has_word && current.width() + gap + word.width() > width {
                lines.push(std::mem::replace(&mut current, indent.clone()));
                has_word = false;
            }
            if has_word {
                current.push(' ');
            }
            for c in word.chars() {
                if current.width() + c.width().unwrap_or(0) > width && !current.trim().is_empty() {
                    lines.push(std::mem::take(&mut current));
                }
                current.push(c);
            }
            has_word = true;
        }
        lines.push(if has_word { current } else { String::new() });
    }
    lines
}

/// Returns how long ago something was, in few columns.
pub(super) fn ago(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - at).num_seconds();
    match seconds {
        ..60 => "now".to_owned(),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        86_400..2_592_000 => format!("{}d", seconds / 86_400),
        _ => local(at).format("%-d %b %y").to_string(),
    }
}

/// Returns when something was, to the minute.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    local(at).format("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_reaches_the_terminal_as_a_command() {
        assert_eq!(clean("a\u{1b}[2Jb\u{7}\u{9b}c\u{202e}d\te\nf\r"), "a[2Jbcd e f");
    }

    #[test]
    fn a_text_takes_the_columns_that_it_is_given() {
        assert_eq!((truncate("abcdef", 6), truncate("abcdef", 4)), ("abcdef".to_owned(), "abc…".to_owned()));
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(fit("日本語", 4), "日… ");
        assert_eq!((truncate("abc", 0), fit("a", 3)), (String::new(), "a  ".to_owned()));
    }

    #[test]
    fn lines_break_between_words_and_keep_their_indent() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("  one two", 6), ["  one", "  two"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 3), ["a", "", "b"]);
        assert_eq!(wrap("", 3), [""]);
    }

    #[test]
    fn times_take_few_columns() {
        let now: DateTime<Utc> = "2026-11-11T09:00:00Z".parse().unwrap();
        let shown = |text: &str| ago(text.parse().unwrap(), now);
        assert_eq!(shown("2026-11-11T08:59:30Z"), "now");
        assert_eq!(shown("2026-11-11T07:01:00Z"), "1h");
        assert_eq!(shown("2026-11-01T09:00:00Z"), "10d");
        assert_eq!(shown("2026-11-11T09:00:30Z"), "now");
    }
}
