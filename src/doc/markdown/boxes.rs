//! Check boxes: `- [ ]` and `- [x]`, in every kind of list.

use super::sections::{HeadingStack, begins_list_item, is_heading};
use super::walk;
use crate::model::BoxCount;

/// One check box of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckBox {
    /// Its number, counted from 1 through the whole body.
    pub number: usize,
    /// Its line within the body, counted from 1.
    pub line: usize,
    /// The nearest heading above it.
    pub section: Option<String>,
    /// What stands behind the box.
    pub text: String,
    /// Whether it is ticked.
    pub done: bool,
}

/// Returns the check boxes of a body, in order. Code fences and comments hold none.
#[must_use]
pub fn check_boxes(body: &str) -> Vec<CheckBox> {
    let mut headings = HeadingStack::default();
    let mut boxes = Vec::new();
    for line in walk::lines(body).filter(|line| line.is_text) {
        headings.read(line.text);
        if let Some((at, done)) = box_in(line.text) {
            boxes.push(CheckBox {
                number: boxes.len() + 1,
                line: line.number,
                section: headings.innermost().map(str::to_owned),
                text: line.text[at + 3..].trim().to_owned(),
                done,
            });
        }
    }
    boxes
}

/// Counts the boxes under a heading, its subheadings included, and all of them.
pub(in crate::doc) fn count(body: &str, heading: &str) -> (BoxCount, BoxCount) {
    let (mut under, mut all) = (BoxCount::default(), BoxCount::default());
    if !body.contains('[') {
        return (under, all);
    }
    let mut headings = HeadingStack::default();
    for line in walk::lines(body).filter(|line| line.is_text) {
        headings.read(line.text);
        let Some((_, done)) = box_in(line.text) else { continue };
        add(&mut all, done);
        if headings.any(|above| is_heading(above, heading)) {
            add(&mut under, done);
        }
    }
    (under, all)
}

fn add(count: &mut BoxCount, done: bool) {
    count.total += 1;
    count.done += u32::from(done);
}

/// Returns the offset of a box's mark within the body and whether it is ticked; else how many boxes there are.
pub(in crate::doc) fn find_box(body: &str, number: usize) -> Result<(usize, bool), usize> {
    let mut seen = 0;
    for line in walk::lines(body).filter(|line| line.is_text) {
        if let Some((at, done)) = box_in(line.text) {
            seen += 1;
            if seen == number {
                return Ok((line.start + at + 1, done));
            }
        }
    }
    Err(seen)
}

/// Returns the line of each box, counted from 0, and where its mark stands within the line.
pub(in crate::doc) fn box_marks(body: &str) -> impl Iterator<Item = (usize, usize)> {
    let lines = walk::lines(body).filter(|line| line.is_text);
    lines.filter_map(|line| box_in(line.text).map(|(at, _)| (line.number - 1, at + 1)))
}

/// Returns where a line's box begins and whether it is ticked.
pub(super) fn box_in(line: &str) -> Option<(usize, bool)> {
    let content = line.trim_start_matches([' ', '\t', '>']);
    let marker = match content.as_bytes().first()? {
        b'-' | b'*' | b'+' => 1,
        b'0'..=b'9' => {
            let digits = content.bytes().take_while(u8::is_ascii_digit).count();
            let closes = matches!(content.as_bytes().get(digits), Some(b'.' | b')'));
            if !closes || digits > 9 {
                return None;
            }
            digits + 1
        }
        _ => return None,
    };
    let rest = content[marker..].trim_start_matches([' ', '\t']);
    let done = match rest.as_bytes() {
        [b'[', b' ', b']', ..] => false,
        [b'[', b'x' | b'X', b']', ..] => true,
        _ => return None,
    };
    let separated = rest.len() < content[marker..].len();
    let ends = rest[3..].is_empty() || rest[3..].starts_with([' ', '\t']);
    (separated && ends).then(|| (line.len() - rest.len(), done))
}

/// Returns the text of a list item, without its marker and box.
pub(in crate::doc) fn list_item(line: &str) -> Option<&str> {
    if !begins_list_item(line) {
        return None;
    }
    let text = match box_in(line) {
        Some((at, _)) => &line[at + 3..],
        None => line.trim_start().split_once(' ')?.1,
    };
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{check_boxes, count, find_box};

    const BODY: &str = "- [ ] loose\n## Deliverables\n* [x] a\n  + [X] nested\n### More\n1. [ ] c\n\
                        ```\n- [ ] code\n```\n<!--\n- [ ] hidden\n-->\n## Acceptance criteria\n2) [ ] d\n- []\n-[ ] no\n";

    #[test]
    fn numbers_boxes_through_the_whole_body() {
        let found: Vec<_> = check_boxes(BODY)
            .into_iter()
            .map(|found| (found.number, found.line, found.section, found.text, found.done))
            .collect();
        let section = |name: &str| Some(name.to_owned());
        assert_eq!(
            found,
            [
                (1, 1, None, "loose".to_owned(), false),
                (2, 3, section("Deliverables"), "a".to_owned(), true),
                (3, 4, section("Deliverables"), "nested".to_owned(), true),
                (4, 6, section("More"), "c".to_owned(), false),
                (5, 14, section("Acceptance criteria"), "d".to_owned(), false),
            ]
        );
    }

    #[test]
    fn counts_and_finds() {
        let (under, all) = count(BODY, "deliverables");
        assert_eq!((under.done, under.total, all.done, all.total), (2, 3, 2, 5));
        let (at, done) = find_box(BODY, 2).unwrap();
        assert!(done && &BODY[at..=at] == "x");
        assert_eq!(find_box(BODY, 6), Err(5));
    }
}
