//! Checkboxes: `- [ ]` and `- [x]`, in every kind of list. A box with another mark is one too, and open: a gate counts
//! what is promised, not what is spelled well.
//!
//! And what a body promises, as a sign-off covers it: its wording counts, ticks and blanks at the ends of lines do not.

use std::ops::Range;

use super::sections;
use super::sections::{HeadingStack, begins_list_item, is_heading};
use crate::model::{AcceptanceText, BoxCount, OpenBox, is_role_name};

/// One checkbox of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkbox {
    /// Its number, counted from 1 through the whole body.
    pub number: usize,
    /// Its line within the body, counted from 1.
    pub line: usize,
    /// The nearest heading above it.
    pub section: Option<String>,
    /// What is after the box.
    pub text: String,
    /// Whether it is ticked.
    pub done: bool,
    /// The mark of an open box that is no blank, such as the `/` of `- [/]`.
    pub odd_mark: Option<String>,
}

/// Where a line's box is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BoxPlace {
    /// Where it begins: its opening bracket.
    pub(super) start: usize,
    /// What is between the brackets.
    pub(super) mark: Range<usize>,
    pub(super) done: bool,
}

impl BoxPlace {
    /// Where what follows the box begins.
    pub(super) fn end(&self) -> usize {
        self.mark.end + 1
    }

    /// Whether the mark is a blank or an `x`.
    fn is_usual(&self, line: &str) -> bool {
        matches!(&line[self.mark.clone()], " " | "x" | "X")
    }
}

/// Returns the checkboxes of a body, in order. Code fences and comments hold none.
#[must_use]
pub fn checkboxes(body: &str) -> Vec<Checkbox> {
    let mut headings = HeadingStack::default();
    let mut boxes = Vec::new();
    for line in sections::lines(body).filter(|line| line.is_text) {
        headings.read(line.text);
        if let Some(place) = box_in(line.text) {
            let mark = line.text[place.mark.clone()].to_owned();
            boxes.push(Checkbox {
                number: boxes.len() + 1,
                line: line.number,
                section: headings.innermost().map(str::to_owned),
                text: line.text[place.end()..].trim().to_owned(),
                done: place.done,
                odd_mark: (!place.is_usual(line.text)).then_some(mark),
            });
        }
    }
    boxes
}

/// Returns the role that each box names at its end which names one: `(verified by test-automator)`.
#[must_use]
pub fn verified_by(body: &str) -> Vec<String> {
    // Most bodies name none, and lists read many.
    if !body.contains(')') {
        return Vec::new();
    }
    let role = |found: Checkbox| role_at_end(&found.text).map(str::to_owned);
    checkboxes(body).into_iter().filter_map(role).collect()
}

fn role_at_end(text: &str) -> Option<&str> {
    let inner = text.trim_end_matches(['.', ' ']).strip_suffix(')')?;
    let words = &inner[inner.rfind('(')? + 1..];
    let role = words.get(VERIFIED_BY.len()..).filter(|_| {
        words.get(..VERIFIED_BY.len()).is_some_and(|start| start.eq_ignore_ascii_case(VERIFIED_BY))
    });
    role.map(str::trim).filter(|role| is_role_name(role))
}

const VERIFIED_BY: &str = "verified by ";

/// How many boxes a body has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::doc) struct Counts {
    /// Under one heading, its subheadings included.
    pub(in crate::doc) under: BoxCount,
    pub(in crate::doc) all: BoxCount,
    /// Boxes with a mark that is neither a blank nor an `x`.
    pub(in crate::doc) odd: usize,
}

/// Counts the boxes of a body, and those under a heading.
pub(in crate::doc) fn count(body: &str, heading: &str) -> Counts {
    let mut counts = Counts::default();
    if !body.contains('[') {
        return counts;
    }
    let mut headings = HeadingStack::default();
    for line in sections::lines(body).filter(|line| line.is_text) {
        headings.read(line.text);
        let Some(place) = box_in(line.text) else { continue };
        counts.odd += usize::from(!place.is_usual(line.text));
        add(&mut counts.all, place.done);
        if headings.any(|above| is_heading(above, heading)) {
            add(&mut counts.under, place.done);
        }
    }
    counts
}

fn add(count: &mut BoxCount, done: bool) {
    count.total += 1;
    count.done += u32::from(done);
}

/// Returns of each box, in order, where its mark is within the body and whether it is ticked.
pub(in crate::doc) fn every_mark(body: &str) -> impl Iterator<Item = (Range<usize>, bool)> {
    sections::lines(body).filter(|line| line.is_text).filter_map(|line| {
        let place = box_in(line.text)?;
        Some((line.start + place.mark.start..line.start + place.mark.end, place.done))
    })
}

/// Returns the line of each box with a usual mark, counted from 0, and where its mark is within the line.
pub(in crate::doc) fn box_marks(body: &str) -> impl Iterator<Item = (usize, usize)> {
    let lines = sections::lines(body).filter(|line| line.is_text);
    lines.filter_map(|line| {
        let place = box_in(line.text).filter(|place| place.is_usual(line.text))?;
        Some((line.number - 1, place.mark.start))
    })
}

/// Returns where a line's box is: brackets at the beginning of a list item, around nothing, blanks, or one mark that is
/// no digit, for `- [1] …` is a reference.
pub(super) fn box_in(line: &str) -> Option<BoxPlace> {
    let before = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'>')).count();
    let content = &line[before..];
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
    let blanks = content.bytes().skip(marker).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = &content[marker + blanks..];
    let (mark, after) = rest.strip_prefix('[')?.split_once(']')?;
    let ends = after.is_empty() || after.starts_with([' ', '\t']);
    if blanks == 0 || !ends || !is_mark(mark) {
        return None;
    }
    let start = line.len() - rest.len();
    Some(BoxPlace { start, mark: start + 1..start + 1 + mark.len(), done: matches!(mark, "x" | "X") })
}

fn is_mark(text: &str) -> bool {
    let mut marks = text.trim().chars().filter(|c| *c != '\u{fe0f}');
    match (marks.next(), marks.next()) {
        (None, _) => true,
        (Some(mark), None) => !mark.is_ascii_digit() && text.chars().count() <= 3,
        (Some(_), Some(_)) => false,
    }
}

/// Returns the text of a list item, without its marker and box.
pub(in crate::doc) fn list_item(line: &str) -> Option<&str> {
    if !begins_list_item(line) {
        return None;
    }
    let text = match box_in(line) {
        Some(place) => &line[place.end()..],
        None => line.trim_start().split_once(' ')?.1,
    };
    Some(text.trim()).filter(|text| !text.is_empty())
}

pub(super) const CRITERIA: &str = "Acceptance criteria";
pub(super) const DELIVERABLES: &str = "Deliverables";

/// Returns the acceptance text of a body. Every box reads as not ticked, lines have no blanks at their end and
/// end in `\n`, and there are no blank lines around a section.
#[must_use]
pub fn acceptance_text(body: &str) -> AcceptanceText {
    let (mut criteria, mut deliverables) = (String::new(), String::new());
    let mut headings = HeadingStack::default();
    for line in sections::lines(body) {
        let heading = line.is_text && headings.read(line.text);
        let is_own = |name: &str| heading && headings.innermost().is_some_and(|own| is_heading(own, name));
        for (name, text) in [(CRITERIA, &mut criteria), (DELIVERABLES, &mut deliverables)] {
            if headings.any(|above| is_heading(above, name)) && !is_own(name) {
                push(text, line.text, line.is_text);
            }
        }
    }
    let trimmed = |text: String| text.trim_matches('\n').to_owned();
    AcceptanceText { criteria: trimmed(criteria), deliverables: trimmed(deliverables) }
}

/// Returns a whole body as [`acceptance_text`] returns a part of it.
#[must_use]
pub(in crate::doc) fn without_ticks(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    sections::lines(body).for_each(|line| push(&mut text, line.text, line.is_text));
    text.trim_matches('\n').to_owned()
}

fn push(text: &mut String, line: &str, is_text: bool) {
    let line = line.trim_end();
    match box_in(line).filter(|_| is_text) {
        Some(place) => {
            text.push_str(&line[..place.start]);
            text.push_str("[ ]");
            text.push_str(&line[place.end()..]);
        }
        None => text.push_str(line),
    }
    text.push('\n');
}

/// Returns the boxes of a body that are not ticked, with what they are under, subheadings included.
#[must_use]
pub fn open_boxes(body: &str) -> Vec<OpenBox> {
    let mut headings = HeadingStack::default();
    let (mut open, mut number) = (Vec::new(), 0);
    for line in sections::lines(body).filter(|line| line.is_text) {
        headings.read(line.text);
        let Some(place) = box_in(line.text) else { continue };
        number += 1;
        if !place.done {
            open.push(OpenBox {
                number,
                text: line.text[place.end()..].trim().to_owned(),
                is_deliverable: headings.any(|above| is_heading(above, DELIVERABLES)),
                is_criterion: headings.any(|above| is_heading(above, CRITERIA)),
            });
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::{checkboxes, count, every_mark, verified_by};

    const BODY: &str = "- [ ] alone\n## Deliverables\n* [x] a\n  + [X] nested\n### More\n1. [ ] c\n\
                        ```\n- [ ] code\n```\n<!--\n- [ ] hidden\n-->\n## Acceptance criteria\n2) [ ] d\n- []\n-[ ] no\n";

    #[test]
    fn numbers_boxes_through_the_whole_body() {
        let found: Vec<_> = checkboxes(BODY)
            .into_iter()
            .map(|found| (found.number, found.line, found.section, found.text, found.done))
            .collect();
        let section = |name: &str| Some(name.to_owned());
        assert_eq!(
            found,
            [
                (1, 1, None, "alone".to_owned(), false),
                (2, 3, section("Deliverables"), "a".to_owned(), true),
                (3, 4, section("Deliverables"), "nested".to_owned(), true),
                (4, 6, section("More"), "c".to_owned(), false),
                (5, 14, section("Acceptance criteria"), "d".to_owned(), false),
                (6, 15, section("Acceptance criteria"), String::new(), false),
            ]
        );
    }

    #[test]
    fn counts_and_finds() {
        let super::Counts { under, all, odd } = count(BODY, "deliverables");
        assert_eq!((under.done, under.total, all.done, all.total, odd), (2, 3, 2, 6, 1));
        let (at, done) = every_mark(BODY).nth(1).unwrap();
        assert!(done && &BODY[at] == "x");
        assert_eq!(every_mark(BODY).count(), 6);
    }

    #[test]
    fn a_box_names_the_role_that_verifies_it() {
        let body = "## Acceptance criteria\n- [ ] tests pass (verified by test-automator)\n\
                    - [x] fast (really) (Verified by  perf).\n- [ ] (verified by ../x)\n- [ ] (verified by )\n\
                    - [ ] (verified by qa) later\n- plain (verified by qa)\n\
                    ```\n- [ ] code (verified by qa)\n```\n";
        assert_eq!(verified_by(body), ["test-automator", "perf"]);
    }

    #[test]
    fn a_box_with_another_mark_is_open() {
        for mark in ["/", ">", "-", "~", "?", "v", "✓", "✅", "✔️", "х", "", "\t", "  ", "x ", " X", "*"]
        {
            let body = format!("## Deliverables\n- [{mark}] a\n");
            let found = checkboxes(&body);
            assert_eq!(found.len(), 1, "{mark}");
            assert_eq!((found[0].done, found[0].odd_mark.as_deref()), (false, Some(mark)), "{mark}");
            let counts = count(&body, "Deliverables");
            assert_eq!((counts.under.done, counts.under.total, counts.odd), (0, 1, 1), "{mark}");
            assert_eq!(&body[every_mark(&body).next().unwrap().0], mark);
        }
        for line in ["- [1] a source", "- [a](b)", "- [ab] c", "- [note]: d", "-[/] e", "[/] f", "- [/]g"] {
            assert!(checkboxes(line).is_empty(), "{line}");
        }
    }
}

#[cfg(test)]
mod acceptance_tests {
    use super::{acceptance_text, open_boxes};

    const BODY: &str = "Intro\n\n## Deliverables\n\n- [ ] a  \n### More\n- [x] b\n```\n- [x] code\n```\n\n\
                        ## Notes\n- [ ] c\n\n## Acceptance Criteria:\nfast\n1. [ ] d\n";

    #[test]
    fn ticks_blanks_and_line_endings_do_not_count() {
        let text = acceptance_text(BODY);
        assert_eq!(text.deliverables, "- [ ] a\n### More\n- [ ] b\n```\n- [x] code\n```");
        assert_eq!(text.criteria, "fast\n1. [ ] d");
        let ticked = BODY.replace("- [ ] a  ", "- [X] a").replace("1. [ ] d", "1. [x] d\t");
        assert_eq!(acceptance_text(&ticked), text);
        assert_eq!(acceptance_text(&ticked.replace("[x] d", "[✓] d").replace("[X] a", "[] a")), text);
        assert_eq!(acceptance_text(&BODY.replace('\n', "\r\n")), text);
        assert_eq!(acceptance_text(&BODY.replace("Intro", "Other").replace("- [ ] c", "- [x] e")), text);
    }

    #[test]
    fn wording_counts() {
        let text = acceptance_text(BODY);
        for (from, to) in
            [("fast", "slow"), ("] b", "] bb"), ("### More", "### Less"), ("[x] code", "[ ] code")]
        {
            assert_ne!(acceptance_text(&BODY.replace(from, to)), text, "{from}");
        }
        assert_ne!(acceptance_text(&BODY.replace("## Deliverables", "## Elsewhere")), text);
    }

    #[test]
    fn open_boxes_come_with_their_headings() {
        let found: Vec<_> = open_boxes(BODY)
            .into_iter()
            .map(|open| (open.number, open.text, open.is_deliverable, open.is_criterion))
            .collect();
        let expected = [(1, "a", true, false), (3, "c", false, false), (4, "d", false, true)];
        assert_eq!(found, expected.map(|(n, text, a, b)| (n, text.to_owned(), a, b)));
    }
}
