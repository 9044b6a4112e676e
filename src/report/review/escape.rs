//! Texts of a repository, made harmless: for Markdown, for code spans, for HTML, for addresses.
//!
//! This is the border between what strangers wrote and what a forge renders under the name of a bot. A text never
//! gets a line end, so it never begins a line; what would make it markup is escaped; and what a forge looks for in
//! text after it is rendered (mentions, references, addresses, shortcodes) is broken by a space of no width.

use std::fmt::Write as _;

/// A space of no width, as both Markdown and HTML write it.
const BREAK: &str = "&#8203;";

/// Returns a text on one line, with all that is not seen made visible: control characters, escape sequences, marks
/// that reverse the direction of writing; and no longer than `longest` characters.
pub(super) fn visible(text: &str, longest: usize) -> String {
    let mut out = String::new();
    let mut letters = text.trim().chars();
    for c in letters.by_ref().take(longest) {
        match c {
            '\n' | '\t' | '\r' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if c.is_control() || is_unseen(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    if letters.next().is_some() {
        out.push('…');
    }
    out
}

/// Describes a character that changes how others look, or that XML or JSON readers stumble over.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Returns a text for a line of Markdown, also for a cell of a table.
pub(in crate::report) fn text(raw: &str, longest: usize) -> String {
    escaped(raw, longest, true)
}

/// Returns a text for a line of HTML in which Markdown means nothing.
pub(super) fn html(raw: &str, longest: usize) -> String {
    escaped(raw, longest, false)
}

/// Returns a message for a line of Markdown: what it has between backticks is code.
pub(in crate::report) fn prose(raw: &str, longest: usize) -> String {
    let shown = visible(raw, longest);
    let parts: Vec<&str> = shown.split('`').collect();
    if shown.is_empty()
        || parts.len().is_multiple_of(2)
        || parts[1..].iter().step_by(2).any(|part| part.trim().is_empty())
    {
        return text(raw, longest);
    }
    let part = |(at, part): (usize, &&str)| match at % 2 {
        // A part is no text of its own: the spaces around it count, and so may nothing be in it.
        0 => words(part),
        _ => code(part, longest),
    };
    let text: String = parts.iter().enumerate().map(part).collect();
    text
}

/// Returns a part of a text that is visible already; there may be nothing in it.
pub(super) fn words(shown: &str) -> String {
    within(shown, true)
}

fn escaped(raw: &str, longest: usize, is_markdown: bool) -> String {
    let shown = visible(raw, longest);
    if shown.is_empty() { "(empty)".to_owned() } else { within(&shown, is_markdown) }
}

fn within(shown: &str, is_markdown: bool) -> String {
    let letters: Vec<char> = shown.chars().collect();
    let mut out = String::new();
    let digits = letters.iter().take_while(|c| c.is_ascii_digit()).count();
    for (at, c) in letters.iter().copied().enumerate() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if !is_markdown => out.push_str("&quot;"),
            '|' | '$' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '^' if is_markdown => {
                out.push('\\');
                out.push(c);
            }
            // What begins a list, a heading's underline or a command of GitLab's, where nothing is before it.
            '-' | '+' | '=' | '/' | ':' if is_markdown && at == 0 => {
                out.push('\\');
                out.push(c);
            }
            '=' if is_markdown && letters.get(at + 1) == Some(&'=') => out.push_str("\\="),
            '.' | ')' if is_markdown && at > 0 && at == digits => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        if is_reference(&letters, at) {
            out.push_str(BREAK);
        }
    }
    out
}

/// Whether a forge would take what begins here for a mention, a reference, an address or a shortcode.
fn is_reference(letters: &[char], at: usize) -> bool {
    let Some(next) = letters.get(at + 1).copied() else { return false };
    let before = |count: usize| -> String {
        let word: String = letters[..at].iter().rev().take(count).rev().collect();
        word.to_ascii_lowercase()
    };
    match letters[at] {
        '@' => true,
        '#' | '~' | '%' => next.is_alphanumeric() || matches!(next, '"' | '_'),
        '!' | '$' | '&' | '^' => next.is_ascii_digit(),
        // `GH-12`
        '-' => next.is_ascii_digit() && before(2) == "gh",
        // `https://`, `mailto:`, `:tada:`
        ':' => {
            next == '/'
                || matches!(before(6).as_str(), "mailto")
                || before(4) == "xmpp"
                || is_shortcode(letters, at)
        }
        '.' => before(3) == "www",
        _ => false,
    }
}

fn is_shortcode(letters: &[char], at: usize) -> bool {
    let name =
        letters[at + 1..].iter().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'));
    let length = name.count();
    length > 0 && letters.get(at + 1 + length) == Some(&':')
}

/// Returns a text as a span of code. A bar would end a cell of a table, so a text with one is no code.
pub(in crate::report) fn code(raw: &str, longest: usize) -> String {
    let shown = visible(raw, longest);
    if shown.trim().is_empty() || shown.contains('|') {
        return text(raw, longest);
    }
    let mut longest_run = 0;
    let mut run = 0;
    for c in shown.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest_run = longest_run.max(run);
    }
    let fence = "`".repeat(longest_run + 1);
    let space = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{shown}{space}{fence}")
}

/// Returns a path as it is in an address.
pub(super) fn address(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Returns a word as a shell takes it literally.
pub(super) fn shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./@:,+=^~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with(['~', '-']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_stay_as_they_are() {
        for plain in
            ["Add dark mode", "C'est ça, 日本 (50 %)", "a.b, c-d", "9:30 to 10:15", "why? - because!"]
        {
            assert_eq!(text(plain, 100), plain);
        }
        assert_eq!(text("snake_case & more", 100), "snake\\_case &amp; more");
    }

    #[test]
    fn nothing_unseen_stays_unseen() {
        assert_eq!(visible("a\u{1b}[2J\u{0}\r\n\u{202e}b\u{2028}", 99), "a\\u{1b}[2J\\u{0}  \\u{202e}b");
        assert_eq!(visible("abcdef", 3), "abc…");
        assert_eq!(text("\u{200b}", 9), "\\\\u{200b}");
    }

    #[test]
    fn references_are_broken() {
        assert_eq!(text("@ada GH-1 a@b.c", 99), "@&#8203;ada GH-&#8203;1 a@&#8203;b.c");
        assert_eq!(text("x/y#1 #1 # 1", 99), "x/y\\#&#8203;1 \\#&#8203;1 \\# 1");
        assert_eq!(text("https://a www.b WWW.c", 99), "https:&#8203;//a www.&#8203;b WWW.&#8203;c");
        assert_eq!(text(":tada: 1: 2", 99), "\\:&#8203;tada: 1: 2");
    }

    #[test]
    fn code_fences_are_longer_than_those_inside() {
        assert_eq!(code("src/a b.rs", 99), "`src/a b.rs`");
        assert_eq!(code("a``b`", 99), "``` a``b` ```");
        assert_eq!(code("a|b", 99), "a&#124;b");
        assert_eq!(code("", 99), "(empty)");
    }

    #[test]
    fn a_message_has_code_between_backticks() {
        assert_eq!(prose("write `Task: ID` in *it*", 99), "write `Task: ID` in \\*it\\*");
        assert_eq!(prose("`a` `b`@c", 99), "`a` `b`@&#8203;c");
        assert_eq!(prose("a `b", 99), "a \\`b");
        assert_eq!(prose("a `` b", 99), "a \\`\\` b");
        assert_eq!(prose("a `x|y`", 99), "a x&#124;y");
        assert_eq!(prose("", 99), "(empty)");
    }

    #[test]
    fn addresses_and_words_of_a_shell_hold_nothing_else() {
        assert_eq!(address("src/a b)(?#%é.rs"), "src/a%20b%29%28%3F%23%25%C3%A9.rs");
        assert_eq!(shell("origin/main..topic"), "origin/main..topic");
        assert_eq!(shell("a..$(id)'`"), "'a..$(id)'\\''`'");
        assert_eq!(shell("-x"), "'-x'");
    }
}
