//! Writing one scalar: plain where every YAML reader agrees on its meaning, quoted where not.

/// Where a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doc) enum ScalarContext {
    /// After `key: ` or `- `.
    Block,
    /// Between brackets.
    Flow,
}

/// Writes a text with as few quotes as are safe.
pub(in crate::doc) fn text(text: &str, place: ScalarContext) -> String {
    if is_plain(text, place) && !is_ambiguous(text) { text.to_owned() } else { quoted(text) }
}

/// Writes a text that may mean a number, a date or a boolean: plain where it can be plain at all.
pub(in crate::doc) fn plain(text: &str, place: ScalarContext) -> String {
    if is_plain(text, place) { text.to_owned() } else { quoted(text) }
}

/// Writes a text in quotes: double ones, unless single ones spare it escapes.
pub(in crate::doc) fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) { single(text).unwrap_or_else(|| double(text)) } else { double(text) }
}

/// Writes a text in single quotes; none where it contains what those cannot.
pub(in crate::doc) fn single(text: &str) -> Option<String> {
    let is_plain = text.chars().all(is_printable);
    is_plain.then(|| format!("'{}'", text.replace('\'', "''")))
}

/// Writes a text in double quotes, on one line.
pub(in crate::doc) fn double(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&escape(c)),
        }
    }
    out.push('"');
    out
}

fn escape(c: char) -> String {
    let code = u32::from(c);
    match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

/// Writes a text of several lines as a literal block below `|`; none where that cannot hold it exactly.
pub(in crate::doc) fn block(text: &str, ending: &str) -> Option<String> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let fits = !body.is_empty()
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && body.chars().all(|c| c == '\n' || is_printable(c));
    fits.then(|| {
        let mut out = String::from(if text.ends_with('\n') { "|" } else { "|-" });
        for line in body.split('\n') {
            out.push_str(ending);
            if !line.is_empty() {
                out.push_str("  ");
                out.push_str(line);
            }
        }
        out
    })
}

/// Whether a character may be in a document as it is, within one line.
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a text can be without quotes and still be this text, or what it looks like.
fn is_plain(text: &str, place: ScalarContext) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text.chars().nth(1);
    let word_begins = match first {
        '-' | '?' | ':' => second.is_some_and(|c| c != ' ' && !",[]{}".contains(c)),
        _ => !",[]{}#&*!|>'\"%@`".contains(first),
    };
    word_begins
        && text.trim_matches([' ', '\t']).len() == text.len()
        && text.chars().all(is_printable)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(":\t")
        && !text.contains("\t#")
        && !text.ends_with(':')
        && !text.starts_with("---")
        && !text.starts_with("...")
        && (place == ScalarContext::Block || !text.contains([',', '[', ']', '{', '}']))
        && (place == ScalarContext::Block || !reads_as_key(text))
}

/// Returns whether, between brackets, a colon or question mark in the text would not be text.
fn reads_as_key(text: &str) -> bool {
    text.contains(":?") || text.starts_with([':', '?'])
}

/// Whether a text is one of the words for on and off.
pub(in crate::doc) fn is_switch(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether some YAML reader takes the plain text for something other than a text.
fn is_ambiguous(text: &str) -> bool {
    const WORDS: [&str; 6] = ["~", "null", "y", "n", "=", "<<"];
    if is_switch(text) || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return true;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_special = [".inf", ".nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
    let is_radix = unsigned.len() > 2
        && ["0x", "0o", "0b"].iter().any(|prefix| unsigned.starts_with(prefix))
        && unsigned[2..].bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    let is_number_or_time = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().any(|byte| byte.is_ascii_digit())
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || b"_.,:+-eETtZz ".contains(&byte));
    is_special || is_radix || is_number_or_time
}

#[cfg(test)]
mod tests {
    use super::{ScalarContext, block, double, plain, single, text};

    #[test]
    fn quotes_only_where_needed() {
        for plain in ["a b", "it's", "a, b", "TASK-1", "45m", "a#b", "src/**", "- x".trim_start_matches("- ")]
        {
            assert_eq!(text(plain, ScalarContext::Block), plain);
        }
        for odd in
            ["", " a", "a: b", "a #b", "- x", "*a", "no", "2024", "2026-11-11", "12:30", "a:", "1.10", "@x"]
        {
            assert_eq!(text(odd, ScalarContext::Block), format!("\"{odd}\""));
        }
        assert_eq!(text("a, b", ScalarContext::Flow), "\"a, b\"");
        assert_eq!(text("say: \"x\"", ScalarContext::Block), "'say: \"x\"'");
        assert_eq!(plain("2026-11-11T10:00:00Z", ScalarContext::Flow), "2026-11-11T10:00:00Z");
    }

    #[test]
    fn writes_what_quotes_can_hold() {
        assert_eq!(single("it's"), Some("'it''s'".to_owned()));
        assert_eq!(single("a\nb"), None);
        assert_eq!(double("a\n\u{1b}\u{2028}\"\\"), r#""a\n\x1b\u2028\"\\""#);
        assert_eq!(block("a\n\nb\n", "\n"), Some("|\n  a\n\n  b".to_owned()));
        assert_eq!(block("a\nb", "\r\n"), Some("|-\r\n  a\r\n  b".to_owned()));
        assert_eq!(block(" a\n", "\n"), None);
    }
}
