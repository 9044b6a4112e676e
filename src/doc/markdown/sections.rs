//! Headings and what is below them.

use std::ops::Range;

use super::walk;

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
    for line in walk::lines(body).filter(|line| line.is_text) {
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
fn heading_in(line: &str) -> Option<(usize, &str)> {
    let content = line.trim_start_matches(' ');
    if line.len() - content.len() > 3 {
        return None;
    }
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
