//! Scanners for quotes and brackets: where a quoted text ends, and what is between two brackets.

use std::ops::Range;

/// What is between two brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doc) struct Flow {
    /// From the opening bracket to just after the closing one.
    pub(in crate::doc) span: Range<usize>,
    /// The items, without commas, blanks and comments around them.
    pub(in crate::doc) items: Vec<Range<usize>>,
    /// Whether there is a comment between the brackets.
    pub(in crate::doc) has_comment: bool,
}

/// Returns the offset just after the quoted text that begins at `start`, if it ends before `limit`.
pub(in crate::doc) fn quoted_end(bytes: &[u8], start: usize, limit: usize) -> Option<usize> {
    let quote = bytes[start];
    let mut at = start + 1;
    while at < limit {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            byte if byte == quote => {
                let doubled = quote == b'\'' && at + 1 < limit && bytes[at + 1] == quote;
                if !doubled {
                    return Some(at + 1);
                }
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Scans the brackets that open at `start`; none if they do not close before `limit`.
pub(in crate::doc) fn scan(bytes: &[u8], start: usize, limit: usize) -> Option<Flow> {
    let mut scanner = Scanner { bytes, limit, at: start, depth: 0, item: None };
    scanner.run(start)
}

struct Scanner<'t> {
    bytes: &'t [u8],
    limit: usize,
    at: usize,
    depth: usize,
    item: Option<Range<usize>>,
}

impl Scanner<'_> {
    fn run(&mut self, start: usize) -> Option<Flow> {
        let mut flow = Flow { span: start..start, items: Vec::new(), has_comment: false };
        while self.at < self.limit {
            let at = self.at;
            match self.bytes[at] {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' if self.is_blank(at - 1) => {
                    flow.has_comment = true;
                    self.at = self.line_end(at);
                }
                b'"' | b'\'' => {
                    self.at = quoted_end(self.bytes, at, self.limit)?;
                    self.cover(at);
                }
                b'[' | b'{' => {
                    self.depth += 1;
                    self.at += 1;
                    if self.depth > 1 {
                        self.cover(at);
                    }
                }
                b']' | b'}' => {
                    self.depth -= 1;
                    self.at += 1;
                    if self.depth == 0 {
                        flow.items.extend(self.item.take());
                        flow.span.end = self.at;
                        return Some(flow);
                    }
                    self.cover(at);
                }
                b',' if self.depth == 1 => {
                    self.at += 1;
                    flow.items.extend(self.item.take());
                }
                b',' => self.at += 1,
                _ => {
                    self.at = self.plain_end(at);
                    self.cover(at);
                }
            }
        }
        None
    }

    /// Grows the current item over what was just read.
    fn cover(&mut self, from: usize) {
        let start = self.item.take().map_or(from, |item| item.start);
        self.item = Some(start..self.at);
    }

    fn is_blank(&self, at: usize) -> bool {
        matches!(self.bytes[at], b' ' | b'\t' | b'\r' | b'\n')
    }

    fn line_end(&self, from: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[from..self.limit]).map_or(self.limit, |n| from + n)
    }

    /// Returns where a plain scalar ends, or after the colon that separates it from its value. An anchor, alias
    /// or tag ends at the first blank.
    fn plain_end(&self, from: usize) -> usize {
        let is_property = matches!(self.bytes[from], b'&' | b'*' | b'!' | b'?');
        let (mut at, mut end) = (from, from);
        while at < self.limit {
            match self.bytes[at] {
                b',' | b'[' | b']' | b'{' | b'}' => break,
                b' ' | b'\t' | b'\r' | b'\n' if is_property => break,
                b' ' | b'\t' | b'\r' | b'\n' => {
                    at += 1;
                    if self.bytes.get(at) == Some(&b'#') {
                        break;
                    }
                }
                b':' if self.separates(at) => return at + 1,
                _ => {
                    at += 1;
                    end = at;
                }
            }
        }
        end.max(from + 1)
    }

    fn separates(&self, colon: usize) -> bool {
        colon + 1 >= self.limit
            || self.is_blank(colon + 1)
            || matches!(self.bytes[colon + 1], b',' | b'[' | b']' | b'{' | b'}')
    }
}

#[cfg(test)]
mod tests {
    use super::{quoted_end, scan};

    fn items(text: &str) -> Option<(usize, Vec<&str>)> {
        let flow = scan(text.as_bytes(), 0, text.len())?;
        Some((flow.span.end, flow.items.into_iter().map(|item| &text[item]).collect()))
    }

    #[test]
    fn finds_the_closing_quote() {
        assert_eq!(quoted_end(br#""a\"b" x"#, 0, 8), Some(6));
        assert_eq!(quoted_end(b"'it''s' x", 0, 9), Some(7));
        assert_eq!(quoted_end(b"'open", 0, 5), None);
    }

    #[test]
    fn finds_items() {
        assert_eq!(items("[a, b] # c"), Some((6, vec!["a", "b"])));
        assert_eq!(items("[]"), Some((2, vec![])));
        assert_eq!(items("[ a , 'b, c', [d, e], {f: g}, ]"), {
            Some((31, vec!["a", "'b, c'", "[d, e]", "{f: g}"]))
        });
        assert_eq!(
            items("[it's, a#b, two words # ] no\n, x]"),
            Some((33, vec!["it's", "a#b", "two words", "x"]))
        );
        assert_eq!(items("[don't say 'hi, x: 'a, b']"), Some((26, vec!["don't say 'hi", "x: 'a, b'"])));
        assert_eq!(items("[&a 'x, y', *a ]"), Some((16, vec!["&a 'x, y'", "*a"])));
        assert_eq!(items("[a"), None);
    }
}
