//! A walk over the lines of Markdown that separates text from code fences and HTML comments.

/// One line of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// Where it begins.
    pub(super) start: usize,
    /// Its number, counted from 1.
    pub(super) number: usize,
    /// The line, without its ending.
    pub(super) text: &'t str,
    /// Whether it is text, and not within a code fence or comment.
    pub(super) is_text: bool,
}

/// Walks over the lines of `body`.
pub(super) fn lines(body: &str) -> Walk<'_> {
    let has_comments = body.contains("<!--");
    let last_close = if has_comments { body.rfind("-->") } else { None };
    Walk { body, at: 0, number: 0, fence: None, in_comment: false, has_comments, last_close }
}

/// Whether what would be appended to `body` is text: no fence and no comment is open at its end.
pub(in crate::doc) fn ends_in_text(body: &str) -> bool {
    let mut walk = lines(body);
    while walk.next().is_some() {}
    walk.fence.is_none() && !walk.in_comment
}

/// The walk's state.
pub(super) struct Walk<'t> {
    body: &'t str,
    at: usize,
    number: usize,
    /// Character and length of the fence that is open.
    fence: Option<(u8, usize)>,
    in_comment: bool,
    /// Whether a comment begins anywhere: known once, because most bodies have none.
    has_comments: bool,
    /// Where the last `-->` is: known once, so that many unclosed comments cost nothing.
    last_close: Option<usize>,
}

impl<'t> Iterator for Walk<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        if self.at >= self.body.len() {
            return None;
        }
        let start = self.at;
        self.at = crate::doc::lines::next(self.body, start);
        self.number += 1;
        let text = crate::doc::lines::without_ending(&self.body[start..self.at]);
        let is_text = self.step(start, text);
        Some(Line { start, number: self.number, text, is_text })
    }
}

impl Walk<'_> {
    /// Takes one line into the state; returns whether it is text.
    fn step(&mut self, start: usize, line: &str) -> bool {
        if let Some((mark, length)) = self.fence {
            let content = line.trim();
            if content.len() >= length && content.bytes().all(|byte| byte == mark) {
                self.fence = None;
            }
            return false;
        }
        if self.in_comment {
            if let Some(close) = line.find("-->") {
                self.in_comment = false;
                self.open_comment(start, line, close + 3);
            }
            return false;
        }
        if let Some(fence) = opening_fence(line) {
            self.fence = Some(fence);
            return false;
        }
        self.open_comment(start, line, 0);
        !line.trim_start().starts_with("<!--")
    }

    /// Looks for a comment that begins at or after `from` and runs on past the line.
    fn open_comment(&mut self, start: usize, line: &str, from: usize) {
        let mut at = from;
        if !self.has_comments {
            return;
        }
        while let Some(open) = comment_start(line, at) {
            match line[open..].find("-->") {
                Some(close) => at = open + close + 3,
                None => {
                    let begins_line = line[..open].trim().is_empty();
                    let closes = self.last_close.is_some_and(|close| close > start + open);
                    self.in_comment = begins_line || closes;
                    return;
                }
            }
        }
    }
}

/// Returns the mark and length of the fence that a line opens.
fn opening_fence(line: &str) -> Option<(u8, usize)> {
    let content = line.trim_start();
    let content = content.strip_prefix(['-', '*', '+']).map_or(content, str::trim_start);
    let mark = *content.as_bytes().first().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let length = content.bytes().take_while(|&byte| byte == mark).count();
    let is_inline = mark == b'`' && content[length..].contains('`');
    (length >= 3 && !is_inline).then_some((mark, length))
}

/// Finds `<!--` at or after `from`, outside of code in backticks.
fn comment_start(line: &str, from: usize) -> Option<usize> {
    let mut open = from + line[from..].find("<!--")?;
    let mut at = from;
    while let Some(tick) = line[at..open].find('`').map(|tick| at + tick) {
        let length = line[tick..].bytes().take_while(|&byte| byte == b'`').count();
        let inside = tick + length;
        let Some(close) = line[inside..].find(&line[tick..inside]) else { break };
        at = inside + close + length;
        if at > open {
            open = at + line[at..].find("<!--")?;
        }
    }
    Some(open)
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn text_lines(body: &str) -> Vec<&str> {
        lines(body).filter(|line| line.is_text).map(|line| line.text).collect()
    }

    #[test]
    fn leaves_out_fences_and_comments() {
        assert_eq!(text_lines("a\n```rust\nb\n````\nc\n"), ["a", "c"]);
        assert_eq!(text_lines("~~~\n```\n~~~\nd\n"), ["d"]);
        assert_eq!(text_lines("a\n<!-- b\nc\n-->\nd"), ["a", "d"]);
        assert_eq!(text_lines("a <!-- b\nc -->\nd"), ["a <!-- b", "d"]);
        assert_eq!(text_lines("`<!--` b\nc"), ["`<!--` b", "c"]);
        assert_eq!(text_lines("a <!-- never closed\nb"), ["a <!-- never closed", "b"]);
        assert_eq!(text_lines("``` a ``` b\nc"), ["``` a ``` b", "c"]);
        assert_eq!(text_lines("- ```\n  x\n  ```\ny"), ["y"]);
    }
}
