//! Lines of Markdown, those of code fences and HTML comments distinguished from text; headings, and what is below them.

use std::ops::Range;

use crate::doc::lines::{ending_near, with_endings};

/// A heading and the text below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// 1 for `#` to 6 for `######`.
    pub level: usize,
    /// The heading's text.
    pub heading: String,
    /// The heading's line within the body, counted from 1.
    pub line: usize,
    /// What is below, its subsections included, without blank lines around it.
    pub text: String,
    /// Where the text between the heading's line and the next heading of any level is in the body.
    pub own: Range<usize>,
}

/// Returns the sections of a body, one for each heading, in order. A section's text ends before the next heading
/// of the same or a higher level; code fences and comments hold no headings.
#[must_use]
pub fn sections(body: &str) -> Vec<Section> {
    let mut found: Vec<(usize, &str, usize, usize, usize)> = Vec::new();
    for line in lines(body).filter(|line| line.is_text) {
        if let Some((level, heading)) = heading_in(line.text) {
            found.push((level, heading, line.number, line.start, crate::doc::lines::next(body, line.start)));
        }
    }
    let start_of = |index: usize| found.get(index).map_or(body.len(), |&(_, _, _, start, _)| start);
    let mut ends = vec![body.len(); found.len()];
    let mut open: Vec<usize> = Vec::new();
    for (index, &(level, _, _, start, _)) in found.iter().enumerate() {
        while let Some(above) = open.pop_if(|above| found[*above].0 >= level) {
            ends[above] = start;
        }
        open.push(index);
    }
    let section =
        |(index, &(level, heading, line, _, below)): (usize, &(usize, &str, usize, usize, usize))| Section {
            level,
            heading: heading.to_owned(),
            line,
            text: trim_blank_lines(&body[below..ends[index]]).to_owned(),
            own: below..start_of(index + 1),
        };
    found.iter().enumerate().map(section).collect()
}

/// Whether two headings are the same: case, blanks around them and a closing colon do not matter.
#[must_use]
pub fn is_heading(a: &str, b: &str) -> bool {
    let bare = |text: &str| text.trim().trim_end_matches(':').trim_end().to_lowercase();
    bare(a) == bare(b)
}

/// Whether a text begins with a list marker.
pub(in crate::doc) fn begins_list_item(text: &str) -> bool {
    let content = text.trim_start();
    let digits = content.bytes().take_while(u8::is_ascii_digit).count();
    let rest = if digits > 0 {
        content[digits..].strip_prefix(['.', ')'])
    } else {
        content.strip_prefix(['-', '*', '+'])
    };
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn trim_blank_lines(text: &str) -> &str {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            break;
        }
        start += line.len();
    }
    text[start..].trim_end()
}

/// Reads a line as a heading: its level and text.
pub(super) fn heading_in(line: &str) -> Option<(usize, &str)> {
    let indent = line.bytes().take(4).take_while(|byte| *byte == b' ').count();
    if indent > 3 {
        return None;
    }
    let content = &line[indent..];
    let level = content.bytes().take_while(|&byte| byte == b'#').count();
    let rest = &content[level..];
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let text = rest.trim();
    let bare = text.trim_end_matches('#');
    let closed = bare.is_empty() || bare.ends_with([' ', '\t']);
    Some((level, if closed { bare.trim_end() } else { text }))
}

/// The headings above a line, outermost first.
#[derive(Debug, Default)]
pub(super) struct HeadingStack<'t> {
    open: Vec<(usize, &'t str)>,
}

impl<'t> HeadingStack<'t> {
    /// Takes in one line; returns whether it is a heading.
    pub(super) fn read(&mut self, line: &'t str) -> bool {
        let Some((level, heading)) = heading_in(line) else { return false };
        self.open.retain(|&(above, _)| above < level);
        self.open.push((level, heading));
        true
    }

    /// Returns the nearest heading.
    pub(super) fn innermost(&self) -> Option<&'t str> {
        self.open.last().map(|&(_, heading)| heading)
    }

    /// Whether one of the headings is as asked.
    pub(super) fn any(&self, test: impl Fn(&str) -> bool) -> bool {
        self.open.iter().any(|&(_, heading)| test(heading))
    }
}

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

/// Returns mark and length of the fence that is open at the end of a text.
pub(super) fn open_fence(text: &str) -> Option<(u8, usize)> {
    let mut walk = lines(text);
    while walk.next().is_some() {}
    walk.fence
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
        !(self.has_comments && line.trim_start().starts_with("<!--"))
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
    if !line.contains('`') && !line.contains('~') {
        return None;
    }
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

/// Puts a block between two marks of a document, in place of the one that is there and of nothing else; where there is
/// none, it comes to the end. The block ends with its last line.
#[must_use]
pub fn put_block(text: &str, [begin, end]: [&str; 2], block: &str) -> String {
    let ending = ending_near(text, 0);
    let whole = with_endings(&format!("{begin}\n{block}{end}"), ending);
    let found =
        text.find(begin).and_then(|start| Some((start, start + text[start..].find(end)? + end.len())));
    match found {
        Some((start, end)) => format!("{}{whole}{}", &text[..start], &text[end..]),
        None if text.is_empty() => format!("{whole}\n"),
        None => format!("{}{ending}{ending}{whole}{ending}", text.trim_end_matches(['\r', '\n'])),
    }
}

#[cfg(test)]
mod tests {
    use super::{begins_list_item, is_heading, sections};

    #[test]
    fn finds_sections_and_their_text() {
        let body = "intro\n## A ##\n\none\n### B\ntwo\n```\n# code\n```\n#no heading\n# C\n";
        let found: Vec<_> =
            sections(body).into_iter().map(|s| (s.level, s.heading, s.line, s.text)).collect();
        assert_eq!(
            found,
            [
                (2, "A".to_owned(), 2, "one\n### B\ntwo\n```\n# code\n```\n#no heading".to_owned()),
                (3, "B".to_owned(), 5, "two\n```\n# code\n```\n#no heading".to_owned()),
                (1, "C".to_owned(), 11, String::new()),
            ]
        );
        assert_eq!(&body[sections(body)[0].own.clone()], "\none\n");
    }

    #[test]
    fn compares_headings_as_people_do() {
        assert!(is_heading("Acceptance Criteria:", " acceptance criteria"));
        assert!(!is_heading("Notes", "Note"));
        assert!(begins_list_item("- [ ] x") && begins_list_item("2) x") && !begins_list_item("-x"));
    }
}

#[cfg(test)]
mod walk_tests {
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
