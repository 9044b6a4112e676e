//! What a task's body promises, as a sign-off covers it: wording counts, ticks and stray blanks do not.

use super::boxes::box_in;
use super::sections::{HeadingStack, is_heading};
use super::walk;
use crate::model::{AcceptanceText, OpenBox};

const CRITERIA: &str = "Acceptance criteria";
const DELIVERABLES: &str = "Deliverables";

/// Returns the acceptance text of a body. Every box reads as not ticked, lines have no blanks at their end and
/// end in `\n`, and there are no blank lines around a section.
#[must_use]
pub fn acceptance_text(body: &str) -> AcceptanceText {
    let (mut criteria, mut deliverables) = (String::new(), String::new());
    let mut headings = HeadingStack::default();
    for line in walk::lines(body) {
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

/// Returns the boxes of a body that are not ticked, with what they stand under, subheadings included.
#[must_use]
pub fn open_boxes(body: &str) -> Vec<OpenBox> {
    let mut headings = HeadingStack::default();
    let (mut open, mut number) = (Vec::new(), 0);
    for line in walk::lines(body).filter(|line| line.is_text) {
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
    fn knows_what_open_boxes_stand_under() {
        let found: Vec<_> = open_boxes(BODY)
            .into_iter()
            .map(|open| (open.number, open.text, open.is_deliverable, open.is_criterion))
            .collect();
        let expected = [(1, "a", true, false), (3, "c", false, false), (4, "d", false, true)];
        assert_eq!(found, expected.map(|(n, text, a, b)| (n, text.to_owned(), a, b)));
    }
}
