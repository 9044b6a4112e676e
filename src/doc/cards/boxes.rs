//! Check boxes of a card: `- [ ]`, `- [x]`, and the marks that people set instead of a tick.

use crate::model::BoxCount;

use super::lines::{self, Line};

/// Tells whether a section lists what a task has to deliver: marks in it are ticks.
pub(crate) fn is_list_of_boxes(section: &str) -> bool {
    matches!(section.to_lowercase().as_str(), "deliverables" | "acceptance criteria")
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

fn item(line: &str) -> Option<(&str, &str)> {
    let item = lines::list_item(line.trim_start())?;
    Some((&line[..line.len() - item.len()], item))
}

/// Counts check boxes outside code.
pub(crate) fn count<'a>(lines: impl IntoIterator<Item = &'a Line<'a>>) -> BoxCount {
    let mut count = BoxCount::default();
    for line in lines {
        let Some((_, item)) = item(line.text).filter(|_| !line.is_fenced()) else { continue };
        let mut characters = item.chars();
        let (open, tick, close) = (characters.next(), characters.next(), characters.next());
        if open != Some('[') || close != Some(']') || !characters.next().is_none_or(char::is_whitespace) {
            continue;
        }
        match tick {
            Some('x' | 'X') => (count.done, count.total) = (count.done + 1, count.total + 1),
            Some(' ') => count.total += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{count, normalised};
    use crate::doc::cards::lines::scan;
    use crate::model::BoxCount;

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
    fn counts_outside_code() {
        let lines = scan("- [x] a\n  - [ ] b\n1. [X] c\n- [link](x)\n```\n- [x] d\n```\n");
        assert_eq!(count(&lines), BoxCount { done: 2, total: 3 });
    }
}
