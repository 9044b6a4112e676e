//! Checkboxes of a card: `- [ ]`, `- [x]`, and the marks that people set instead of a tick.

use super::lines;
use crate::doc::{is_heading, markdown};
use crate::model::BoxCount;

/// Whether a section lists what a task has to deliver: marks in it are ticks.
pub(crate) fn is_list_of_boxes(section: &str) -> bool {
    let name = section.trim_start_matches(|c: char| !c.is_alphanumeric());
    is_heading(name, "Deliverables") || is_heading(name, "Acceptance criteria")
}

/// Rewrites `- ✅ done` as `- [x] done`, and an open mark as `- [ ]`; any other line stays.
pub(crate) fn normalised(line: &str) -> String {
    let Some((lead, item)) = item(line) else { return line.to_owned() };
    let marks = [("✅", 'x'), ("☑", 'x'), ("✔", 'x'), ("✓", 'x'), ("⬜", ' '), ("☐", ' ')];
    let ticked = marks.iter().find_map(|(mark, tick)| Some((item.strip_prefix(mark)?, tick)));
    match ticked {
        Some((rest, tick)) => {
            let rest = rest.trim_start_matches('\u{fe0f}').trim_start();
            format!("{lead}[{tick}] {rest}").trim_end().to_owned()
        }
        None => line.to_owned(),
    }
}

/// Whether a line is a checkbox.
pub(crate) fn is_box(line: &str) -> bool {
    let item = item(line).map_or("", |(_, item)| item);
    item.strip_prefix('[').and_then(|rest| rest.split_once(']')).is_some_and(|(mark, after)| {
        mark.chars().count() <= 1 && !mark.starts_with(|c: char| c.is_ascii_digit()) && after.starts_with(' ')
    })
}

fn item(line: &str) -> Option<(&str, &str)> {
    let item = lines::list_item(line.trim_start())?;
    Some((&line[..line.len() - item.len()], item))
}

/// Counts the checkboxes of a body: those under Deliverables, and all.
pub(crate) fn count(body: &str) -> (BoxCount, BoxCount) {
    let counts = markdown::count(body, "Deliverables");
    (counts.under, counts.all)
}

#[cfg(test)]
mod tests {
    use super::{is_list_of_boxes, normalised};

    #[test]
    fn marks_become_ticks() {
        assert_eq!(normalised("- ✅ done"), "- [x] done");
        assert_eq!(normalised("  1. ✔️ done"), "  1. [x] done");
        assert_eq!(normalised("* ⬜ open"), "* [ ] open");
        for line in ["- [x] done", "- [ ] open", "- plain ✅", "✅ no list", ""] {
            assert_eq!(normalised(line), line);
        }
    }

    #[test]
    fn knows_lists_of_boxes_by_name() {
        for name in ["Deliverables", "deliverables:", "📦 Deliverables", "Acceptance Criteria"] {
            assert!(is_list_of_boxes(name), "{name}");
        }
        assert!(!is_list_of_boxes("Undelivered"));
    }
}
