//! Line arithmetic over a text: where lines begin and end, and which line an offset is on.
//!
//! Lines end in `\n`; a `\r` before it belongs to the ending. Nothing here knows YAML or Markdown.

/// Returns the number, counted from 1, of the line that contains the byte at `offset`.
pub(super) fn number_at(text: &str, offset: usize) -> usize {
    number_in(text.as_bytes(), offset)
}

/// Returns the number, counted from 1, of the line that contains the byte at `offset`, of what need not be text.
pub(super) fn number_in(bytes: &[u8], offset: usize) -> usize {
    memchr::memchr_iter(b'\n', &bytes[..offset.min(bytes.len())]).count() + 1
}

/// Returns the offset at which the line that contains `offset` begins. The offset may be within a character.
pub(super) fn start_of(text: &str, offset: usize) -> usize {
    memchr::memrchr(b'\n', &text.as_bytes()[..offset]).map_or(0, |at| at + 1)
}

/// Returns the offset just after the line that contains `offset`: after its `\n`, or the end of the text.
pub(super) fn next(text: &str, offset: usize) -> usize {
    let newline = memchr::memchr(b'\n', &text.as_bytes()[offset..]);
    newline.map_or(text.len(), |at| offset + at + 1)
}

/// Returns the offset at which the content of the line that contains `offset` ends, before its line ending.
pub(super) fn content_end(text: &str, offset: usize) -> usize {
    let end = next(text, offset);
    offset + without_ending(&text[offset..end]).len()
}

/// Returns a line without its ending.
pub(super) fn without_ending(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// Returns the line ending in use just before `offset`, else the first one of the text, else `\n`.
pub(crate) fn ending_near(text: &str, offset: usize) -> &'static str {
    let newline = text[..offset].rfind('\n').or_else(|| text.find('\n'));
    match newline {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Returns `text` with every line ending turned into `ending`.
pub(super) fn with_endings(text: &str, ending: &str) -> String {
    let plain = text.replace("\r\n", "\n");
    if ending == "\n" { plain } else { plain.replace('\n', ending) }
}

/// What YAML takes for blank, line endings included. Unicode's other blanks are text to it.
pub(super) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Returns how many spaces a line begins with.
pub(super) fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::{content_end, ending_near, next, number_at, start_of, with_endings};

    #[test]
    fn finds_lines() {
        let text = "a\r\nbc\n\nd";
        assert_eq!(number_at(text, 0), 1);
        assert_eq!(number_at(text, 3), 2);
        assert_eq!(number_at(text, text.len()), 4);
        assert_eq!(start_of(text, 4), 3);
        assert_eq!(next(text, 0), 3);
        assert_eq!(next(text, 7), 8);
        assert_eq!(start_of("a\né", 3), 2);
        assert_eq!(content_end(text, 0), 1);
        assert_eq!(content_end(text, 3), 5);
        assert_eq!(ending_near(text, 3), "\r\n");
        assert_eq!(ending_near(text, 6), "\n");
        assert_eq!(ending_near("x", 1), "\n");
        assert_eq!(with_endings("a\nb\r\n", "\r\n"), "a\r\nb\r\n");
    }
}
