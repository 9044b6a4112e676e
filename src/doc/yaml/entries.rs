//! The top-level entries of a YAML mapping and where they are in the text.
//!
//! A scan of `key:` lines at column 0. Comments and blank lines belong to the key below them; `- ` at column 0
//! belongs to the key above. It guesses nothing: where a text is written in another way it finds no entries, and
//! the document is readable but not editable.
//!
//! And the items of a list, likewise.

use std::ops::Range;

use super::flow;
use crate::doc::{lines, yaml};

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doc) enum Style {
    /// There is none: `key:`.
    Absent,
    /// Unquoted.
    Plain,
    /// In `'`.
    Single,
    /// In `"`.
    Double,
    /// After `|` or `>`, on indented lines.
    Block,
    /// In `[]`.
    FlowList,
    /// In `{}`.
    FlowMap,
    /// Lines that begin with `- `, so far to the right.
    BlockList(usize),
    /// Anything else on indented lines.
    Indented,
    /// With an anchor, an alias or a tag.
    Decorated,
}

/// One `key: value` of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct Entry {
    /// The key, without quotes.
    pub(in crate::doc) key: String,
    /// Where the key's line begins.
    pub(in crate::doc) start: usize,
    /// Just after the colon.
    pub(in crate::doc) colon: usize,
    /// The value without blanks and comments around it. Empty, at the colon, where it is absent. A value on lines
    /// of its own begins where its first line does.
    pub(in crate::doc) value: Range<usize>,
    /// How the value is written.
    pub(in crate::doc) style: Style,
    /// After the last line of the value, its comment and line ending included.
    pub(in crate::doc) end: usize,
}

/// Finds the entries of the mapping in `region` of `text`; none where it is not written as plain `key:` lines.
pub(in crate::doc) fn scan(text: &str, region: Range<usize>) -> Option<Vec<Entry>> {
    let scanner = Scanner { text, bytes: text.as_bytes(), limit: region.end };
    let mut entries = Vec::new();
    let mut at = region.start;
    while at < region.end {
        let line = scanner.line(at);
        let begins_document =
            entries.is_empty() && (line.trim_end_matches(lines::BLANKS) == "---" || line.starts_with('%'));
        if is_blank_or_comment(line) || begins_document {
            at = scanner.next(at);
        } else if line.trim_end_matches(lines::BLANKS) == "..." {
            let rest = &text[scanner.next(at)..region.end];
            return rest.lines().all(is_blank_or_comment).then_some(entries);
        } else {
            let entry = scanner.entry(at)?;
            at = entry.end;
            entries.push(entry);
        }
    }
    Some(entries)
}

/// Whether a line says nothing: blank, or nothing but a comment.
fn is_blank_or_comment(line: &str) -> bool {
    let content = line.trim_matches(lines::BLANKS);
    content.is_empty() || content.starts_with('#')
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    limit: usize,
}

impl<'t> Scanner<'t> {
    fn next(&self, at: usize) -> usize {
        lines::next(self.text, at).min(self.limit)
    }

    /// Returns the rest of the line from `at`, without its ending.
    fn line(&self, at: usize) -> &'t str {
        lines::without_ending(&self.text[at..self.next(at)])
    }

    fn entry(&self, start: usize) -> Option<Entry> {
        let (key, colon) = self.key(start)?;
        let rest = self.line(colon);
        let at = colon + rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let begins_comment = self.bytes.get(at) == Some(&b'#') && at > colon;
        let (style, value, end) =
            if at >= colon + rest.len() || begins_comment { self.below(colon) } else { self.beside(at)? };
        Some(Entry { key, start, colon, value, style, end })
    }

    /// Reads a key at the beginning of a line: the key and the offset after its colon.
    fn key(&self, start: usize) -> Option<(String, usize)> {
        let line = self.line(start);
        let first = *line.as_bytes().first()?;
        if first == b'"' || first == b'\'' {
            let end = flow::quoted_end(line.as_bytes(), 0, line.len())?;
            let blanks = line[end..].len() - line[end..].trim_start_matches(' ').len();
            if !is_separator(line.as_bytes(), end + blanks) {
                return None;
            }
            let key = yaml::parse(&line[..end]).ok()?.as_text()?.to_owned();
            return Some((key, start + end + blanks + 1));
        }
        let indicator = b" \t?-:,[]{}#&*!|>%@`".contains(&first);
        let dash_or_colon_in_word = matches!(first, b'-' | b'?' | b':')
            && line.as_bytes().get(1).is_some_and(|second| !second.is_ascii_whitespace());
        if indicator && !dash_or_colon_in_word {
            return None;
        }
        let colon = (0..line.len()).find(|&at| is_separator(line.as_bytes(), at))?;
        let key = line[..colon].trim_end_matches(lines::BLANKS);
        (!key.contains(" #")).then(|| (key.to_owned(), start + colon + 1))
    }

    /// Finds a value that begins on the key's own line, at `at`.
    fn beside(&self, at: usize) -> Option<(Style, Range<usize>, usize)> {
        match self.bytes[at] {
            quote @ (b'"' | b'\'') => {
                let end = flow::quoted_end(self.bytes, at, self.limit)?;
                let style = if quote == b'"' { Style::Double } else { Style::Single };
                self.then_nothing(style, at..end)
            }
            bracket @ (b'[' | b'{') => {
                let end = flow::scan(self.bytes, at, self.limit)?.span.end;
                let style = if bracket == b'[' { Style::FlowList } else { Style::FlowMap };
                self.then_nothing(style, at..end)
            }
            b'|' | b'>' => Some(self.block_scalar(at)),
            b'&' | b'*' | b'!' => {
                let end = self.indented_end(at, true);
                Some((Style::Decorated, at..self.last_content(at, end), end))
            }
            _ => Some(self.plain(at)),
        }
    }

    /// Confirms that after a value there is nothing on its line but a comment.
    fn then_nothing(&self, style: Style, value: Range<usize>) -> Option<(Style, Range<usize>, usize)> {
        let rest = self.line(value.end);
        let content = rest.trim_start_matches([' ', '\t']);
        let is_comment = content.starts_with('#') && content.len() < rest.len();
        (content.is_empty() || is_comment).then(|| {
            let end = self.next(value.end);
            (style, value, end)
        })
    }

    /// Finds a plain scalar, with the indented lines that continue it.
    fn plain(&self, at: usize) -> (Style, Range<usize>, usize) {
        let line = self.line(at);
        let mut value_end = at + plain_part(line).len();
        let mut end = self.next(at);
        let mut commented = plain_part(line).len() < line.trim_end_matches(lines::BLANKS).len();
        let mut next = end;
        while next < self.limit && !commented {
            let line = self.line(next);
            if !line.trim_matches(lines::BLANKS).is_empty() {
                if !line.starts_with([' ', '\t']) || line.trim_start_matches(lines::BLANKS).starts_with('#') {
                    break;
                }
                value_end = next + plain_part(line).len();
                commented = plain_part(line).len() < line.trim_end_matches(lines::BLANKS).len();
                end = self.next(next);
            }
            next = self.next(next);
        }
        (Style::Plain, at..value_end, end)
    }

    /// Finds a block scalar from its `|` or `>`.
    fn block_scalar(&self, at: usize) -> (Style, Range<usize>, usize) {
        let header = plain_part(self.line(at));
        let keeps = header.contains('+');
        let mut indent = header.chars().find_map(|c| c.to_digit(10)).map(|digit| digit as usize);
        let mut end = self.next(at);
        let mut next = end;
        while next < self.limit {
            let line = self.line(next);
            let is_blank = line.trim_matches(lines::BLANKS).is_empty();
            // A comment may be below the text, less indented.
            let depth = lines::indent_of(line);
            if !is_blank && depth < *indent.get_or_insert(depth.max(1)) {
                break;
            }
            next = self.next(next);
            if !is_blank || keeps {
                end = next;
            }
        }
        (Style::Block, at..self.last_content(at, end), end)
    }

    /// Finds a value on the lines below its key.
    fn below(&self, colon: usize) -> (Style, Range<usize>, usize) {
        let line_end = self.next(colon);
        let mut first = line_end;
        while first < self.limit && is_blank_or_comment(self.line(first)) {
            first = self.next(first);
        }
        let line = if first < self.limit { self.line(first) } else { "" };
        let indent = lines::indent_of(line);
        let content = &line[indent..];
        let is_list = content == "-" || content.starts_with("- ");
        if !is_list && indent == 0 && !line.starts_with('\t') {
            return (Style::Absent, colon..colon, line_end);
        }
        let style = match content.as_bytes().first() {
            _ if is_list => Style::BlockList(indent),
            Some(b'&' | b'*' | b'!') => Style::Decorated,
            _ => Style::Indented,
        };
        let end = self.indented_end(first, is_list && indent == 0);
        (style, first..self.last_content(first, end), end)
    }

    /// Returns where the content of the last line before `end` ends, at or after `from`.
    fn last_content(&self, from: usize, end: usize) -> usize {
        let last = lines::start_of(self.text, end.saturating_sub(1)).max(from);
        lines::content_end(self.text, last).min(self.limit)
    }

    /// Returns where the indented lines that begin at or below `from` end. Comments and blank lines at their end
    /// are not theirs, unless a comment is indented further than the first line: it may be text. Below a value that
    /// begins on its key's line it is text only where there is a block scalar.
    fn indented_end(&self, from: usize, dashes: bool) -> usize {
        let begins_line = lines::start_of(self.text, from) == from;
        let depth = if begins_line { lines::indent_of(self.line(from)) } else { 0 };
        let mut may_be_text = begins_line || opens_block(self.line(from));
        let mut end = self.next(from);
        let mut next = end;
        while next < self.limit {
            let line = self.line(next);
            let is_dash = dashes && (line == "-" || line.starts_with("- "));
            let is_indented = line.starts_with([' ', '\t']);
            let begins_comment = line.trim_start_matches(lines::BLANKS).starts_with('#');
            let is_comment = begins_comment && (!may_be_text || lines::indent_of(line) <= depth);
            if line.trim_matches(lines::BLANKS).is_empty() || is_comment {
                next = self.next(next);
                continue;
            }
            if !is_indented && !is_dash {
                break;
            }
            may_be_text |= opens_block(line);
            next = self.next(next);
            end = next;
        }
        end
    }
}

/// Whether the byte at `at` is a colon that separates a key from its value.
fn is_separator(line: &[u8], at: usize) -> bool {
    line.get(at) == Some(&b':') && line.get(at + 1).is_none_or(|next| matches!(next, b' ' | b'\t'))
}

/// Returns the part of a line before its comment and the blanks around it.
pub(in crate::doc) fn plain_part(line: &str) -> &str {
    let bytes = line.as_bytes();
    let comment = (1..bytes.len()).find(|&at| bytes[at] == b'#' && matches!(bytes[at - 1], b' ' | b'\t'));
    line[..comment.unwrap_or(line.len())].trim_end_matches([' ', '\t', '\r'])
}

/// Whether the lines below this one may be the text of a block scalar, in which `#` begins no comment.
pub(super) fn opens_block(line: &str) -> bool {
    let last = plain_part(line).rsplit([' ', '\t']).next().unwrap_or_default();
    last.starts_with(['|', '>'])
        && last[1..].bytes().all(|byte| byte.is_ascii_digit() || b"+-".contains(&byte))
}

/// One item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct Item {
    /// The item's value, over several lines if need be; in a block list its comment is not distinguished.
    pub(in crate::doc) value: Range<usize>,
    /// In a block list the item's whole lines, with the comments below it that are indented further than its dash;
    /// otherwise the same as `value`.
    pub(in crate::doc) lines: Range<usize>,
    /// Where its lines end without those comments, unless they may be text.
    pub(in crate::doc) own_end: usize,
}

/// Finds the items of an entry's list; none where it is not written as a list.
pub(in crate::doc) fn items(text: &str, entry: &Entry) -> Option<Vec<Item>> {
    match entry.style {
        Style::FlowList => {
            let found = flow::scan(text.as_bytes(), entry.value.start, entry.value.end)?;
            let item = |span: Range<usize>| Item { value: span.clone(), own_end: span.end, lines: span };
            Some(found.items.into_iter().map(item).collect())
        }
        Style::BlockList(indent) => block_items(text, entry, indent),
        _ => None,
    }
}

fn block_items(text: &str, entry: &Entry, indent: usize) -> Option<Vec<Item>> {
    let mut items: Vec<Item> = Vec::new();
    let mut contains_block = false;
    let mut at = entry.value.start;
    while at < entry.end {
        let end = lines::next(text, at).min(entry.end);
        let line = text[at..end].trim_end_matches(lines::BLANKS);
        let content = line.trim_start_matches(' ');
        let depth = line.len() - content.len();
        let is_comment = content.starts_with('#');
        if depth == indent && (content == "-" || content.starts_with("- ")) {
            let value = at + line.len() - content[1..].trim_start_matches(' ').len()..at + line.len();
            items.push(Item { value, lines: at..end, own_end: end });
            contains_block = opens_block(line);
        } else if content.is_empty() || is_comment && depth <= indent {
            // It is between the items.
        } else if depth <= indent {
            return None;
        } else {
            contains_block |= opens_block(line);
            let item = items.last_mut()?;
            item.lines.end = end;
            if !is_comment || contains_block {
                item.own_end = end;
                item.value.end = at + line.len();
            }
        }
        at = end;
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::{Style, items, scan};

    fn found(text: &str) -> Vec<(String, Style, &str)> {
        let entries = scan(text, 0..text.len()).unwrap();
        entries.into_iter().map(|entry| (entry.key, entry.style, &text[entry.value])).collect()
    }

    fn one(text: &str) -> (Style, &str) {
        let mut all = found(text);
        let (_, style, value) = all.remove(0);
        (style, value)
    }

    #[test]
    fn finds_values_beside_their_key() {
        assert_eq!(one("a: b c # d\n"), (Style::Plain, "b c"));
        assert_eq!(one("a:\tb#c\n"), (Style::Plain, "b#c"));
        assert_eq!(one("a: b\n  c # d\ne: f\n"), (Style::Plain, "b\n  c"));
        assert_eq!(one("a: 'b # c' # d"), (Style::Single, "'b # c'"));
        assert_eq!(one("a: \"b\n\n c\"\n"), (Style::Double, "\"b\n\n c\""));
        assert_eq!(one("a: [b,\n c] # d\r\ne: f\r\n"), (Style::FlowList, "[b,\n c]"));
        assert_eq!(one("a: |\n  b\n\n  c\n\n# d\ne: f\n"), (Style::Block, "|\n  b\n\n  c"));
        assert_eq!(one("a: |\n   b\n    # c\n  # d\ne: f\n"), (Style::Block, "|\n   b\n    # c"));
        assert_eq!(one("a: |1-\n   b\n # c\ne: f\n"), (Style::Block, "|1-\n   b\n # c"));
        assert_eq!(one("a: |+\n  b\n\ne: f\n"), (Style::Block, "|+\n  b\n"));
        assert_eq!(one("a: &x b\n"), (Style::Decorated, "&x b"));
        assert_eq!(one("a: !t b\n  c\n  # d\ne: f\n"), (Style::Decorated, "!t b\n  c"));
        assert_eq!(one("a: !t |\n  c\n  # d\ne: f\n"), (Style::Decorated, "!t |\n  c\n  # d"));
    }

    #[test]
    fn finds_values_below_their_key() {
        assert_eq!(one("a:\n# b\nc: d\n"), (Style::Absent, ""));
        assert_eq!(one("a:\n- b\n- c\nd: e\n"), (Style::BlockList(0), "- b\n- c"));
        assert_eq!(one("a: # x\n  # y\n  - b # z\n\n  # w\nd: e\n"), (Style::BlockList(2), "  - b # z"));
        assert_eq!(one("a:\n  b: c\n"), (Style::Indented, "  b: c"));
    }

    #[test]
    fn finds_nothing_where_it_cannot_be_sure() {
        for text in ["{a: b}\n", "? a\n: b\n", "- a\n", "a: 'b' c\n", "  a: b\n", "a: [b\n", "text\n"] {
            assert_eq!(scan(text, 0..text.len()), None, "{text:?}");
        }
    }

    fn item_lines(text: &str) -> Option<Vec<&str>> {
        let entries = scan(text, 0..text.len()).unwrap();
        Some(items(text, &entries[0])?.into_iter().map(|item| &text[item.lines]).collect())
    }

    #[test]
    fn finds_items_in_both_styles() {
        assert_eq!(item_lines("a: [b, c]\n"), Some(vec!["b", "c"]));
        assert_eq!(
            item_lines("a:\n  # first\n  - b # x\n\n  # second\n  -  c:\n      d\n# e\nf: g\n"),
            Some(vec!["  - b # x\n", "  -  c:\n      d\n"])
        );
        assert_eq!(item_lines("a:\n  - b\n    # c\n"), Some(vec!["  - b\n    # c\n"]));
        assert_eq!(item_lines("a: b\n"), None);
        assert_eq!(item_lines("a:\n  - b\n c: d\n"), None);
    }
}
